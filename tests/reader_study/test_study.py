"""Whole studies from tables to reports; numbers counted again with plain numpy."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mammo_monai import cli
from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.operating import OperatingPoint
from mammo_monai.evaluation.scored import Scored
from mammo_monai.networks.checkpoints import sha256
from mammo_monai.reader_study.figures import Rater, differences, estimates

CLASSES = ("045", "1", "23")
Simulate = Callable[..., Any]


def run(simulated: Any, out: Path, *more: str) -> dict[str, Any]:
    arguments = [*simulated.arguments, "--labels", "birads3", "--out", str(out), "--replicates", "200", *more]
    assert cli.run(["reader-study", *arguments]) == 0
    return json.loads((out / "reader_study.json").read_text())  # type: ignore[no-any-return]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert cli.run(["reader-study", *arguments]) in (1, 2)
    printed = capsys.readouterr()
    assert printed.err.startswith("error: ") and printed.err.count("\n") == 1 and not printed.out
    return printed.err


def by_name(content: dict[str, Any]) -> dict[str, Any]:
    return {result["name"]: result["figures"] for result in content["results"]}


def table(truth: Any, calls: Any) -> dict[str, float]:
    """Every figure, counted."""
    figures = {}
    for k, name in enumerate(CLASSES):
        figures[f"sensitivity_{name}"] = float((calls[truth == k] == k).mean())
        figures[f"specificity_{name}"] = float((calls[truth != k] != k).mean())
    for kind in ("sensitivity", "specificity"):
        figures[f"averaged_{kind}"] = sum(figures[f"{kind}_{name}"] for name in CLASSES) / 3
    figures["accuracy"] = float((calls == truth).mean())
    return figures


def test_500_exams_5_readers_32_unread(simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the Hanoi study: 500 cases of which the software cannot read 32."""
    simulated = simulate(500, 5, 32)
    content = run(simulated, tmp_path / "out")
    rows = simulated.judged
    truth = simulated.truth[rows]
    model = simulated.probabilities[rows].argmax(1)
    calls = {who: of[rows] for who, of in simulated.calls.items()}

    assert content["flow"] == {
        "truth": 500, "without-class": 0, "without-prediction": 32, "unread": 0, "judged": 468,
    }  # fmt: skip
    assert content["coverage"]["model"] == {"read": 468, "unread": 32, "without_class": 0, "other": 0}
    assert content["coverage"]["Dr A"] == {"read": 500, "unread": 0, "without_class": 0, "other": 0}
    assert content["notes"] == {"error": 32}

    found = by_name(content)
    votes = [Counter(case).most_common(1)[0] for case in zip(*calls.values(), strict=True)]
    counted = {"model": table(truth, model), **{who: table(truth, of) for who, of in calls.items()}}
    counted["mean of 5 readers"] = {name: sum(counted[who][name] for who in calls) / 5 for name in counted["model"]}
    committees = {"majority of 5": [n > 2 for _, n in votes], "consensus of 5": [n == 5 for _, n in votes]}
    said = np.array([call for call, _ in votes])
    for name, decided in committees.items():
        counted[name] = table(truth[decided], said[decided])
        assert found[name]["accuracy"]["n"] == sum(decided)
    assert found.keys() == counted.keys()
    for name, figures in counted.items():
        assert {key: estimate["value"] for key, estimate in found[name].items()} == pytest.approx(figures)
    n = {key: estimate["n"] for key, estimate in found["model"].items()}
    assert n["sensitivity_045"] == (truth == 0).sum() and n["specificity_045"] == (truth != 0).sum()
    assert n["averaged_sensitivity"] == n["accuracy"] == 468
    patients = len(set(simulated.patients[rows]))
    assert f"{patients} patients" in found["model"]["averaged_sensitivity"]["method"]

    for difference in content["differences"]:
        against = difference["against"]
        decided = committees.get(against, [True] * 468)
        expected = table(truth[decided], model[decided])
        for name, estimate in difference["figures"].items():
            assert estimate["value"] == pytest.approx(expected[name] - counted[against][name])
            assert estimate["low"] < estimate["value"] < estimate["high"]
            assert "paired" in estimate["method"]
    assert {kappa["kind"] for kappa in content["agreement"]} == {"cohen", "fleiss"}
    assert [kappa["cases"] for kappa in content["agreement"]] == [468] * 11

    report = (tmp_path / "out" / "report.md").read_text()
    assert "500 cases in the truth table, 32 left out (32 without a prediction), **468 judged**" in report
    assert "Research use only" in report and report in capsys.readouterr().out
    picture = cv2.imread(str(tmp_path / "out" / "readers.png"))
    assert picture is not None and picture.shape[1] > 1000 and picture.std() > 10
    with (tmp_path / "out" / "figures.csv").open() as file:
        cells = list(csv.DictReader(file))
    assert len(cells) == 9 * 9
    for cell in cells:
        assert float(cell["value"]) == pytest.approx(counted[cell["rater"]][cell["figure"]])
    with (tmp_path / "out" / "differences.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 8 * 9


def test_unread_cases_count_for_nobody_or_for_those_who_read_them(simulate: Simulate, tmp_path: Path) -> None:
    simulated = simulate(120, 3, 5)
    lines = simulated.files["readers"].read_text().splitlines()
    unread = {f"e{i}" for i in simulated.judged[:10]}
    six = f"e{simulated.judged[20]}"
    kept = []
    for line in lines:
        exam, who, _ = line.split(",")
        if who == "Dr B" and exam in unread:
            continue
        kept.append(f"{exam},Dr C,6" if (who, exam) == ("Dr C", six) else line)
    simulated.files["readers"].write_text("\n".join([*kept, "x1,Dr A,1", "x2,Dr A,1"]) + "\n")

    common = run(simulated, tmp_path / "common")
    assert common["flow"] == {
        "truth": 120, "without-class": 0, "without-prediction": 5, "unread": 11, "judged": 104,
    }  # fmt: skip
    assert common["coverage"] == {
        "Dr A": {"read": 120, "unread": 0, "without_class": 0, "other": 2},
        "Dr B": {"read": 110, "unread": 10, "without_class": 0, "other": 0},
        "Dr C": {"read": 119, "unread": 1, "without_class": 1, "other": 0},
        "model": {"read": 115, "unread": 5, "without_class": 0, "other": 0},
    }
    assert {figures["accuracy"]["n"] for name, figures in by_name(common).items() if "consensus" not in name} <= {
        104, by_name(common)["majority of 3"]["accuracy"]["n"],
    }  # fmt: skip

    own = run(simulated, tmp_path / "own", "--cases", "own")
    assert own["flow"]["judged"] == 115 and own["flow"]["unread"] == 0
    found = by_name(own)
    assert [found[who]["accuracy"]["n"] for who in ("Dr A", "Dr B", "Dr C", "model")] == [115, 105, 114, 115]
    rows = simulated.judged[10:]
    expected = table(simulated.truth[rows], simulated.calls["Dr B"][rows])
    assert {name: e["value"] for name, e in found["Dr B"].items()} == pytest.approx(expected)
    against = next(of["figures"] for of in own["differences"] if of["against"] == "Dr B")
    model = table(simulated.truth[rows], simulated.probabilities[rows].argmax(1))
    assert {name: e["value"] for name, e in against.items()} == pytest.approx(
        {name: model[name] - expected[name] for name in model}
    )


def test_the_arbiter_decides_where_the_others_differ(simulate: Simulate, tmp_path: Path) -> None:
    simulated = simulate(90, 3, 0)
    lines = simulated.files["readers"].read_text().splitlines()
    a, b, c = simulated.calls.values()
    needed = {f"e{i}" for i in np.flatnonzero(a != b)}
    kept = [line for line in lines if ",Dr C," not in line or line.split(",")[0] in needed]
    simulated.files["readers"].write_text("\n".join(kept) + "\n")
    content = run(simulated, tmp_path / "out", "--arbiter", "Dr C")
    assert content["flow"]["judged"] == 90  # an arbiter need not have read everything
    found = by_name(content)
    assert set(found) == {
        "Dr A", "Dr B", "mean of 2 readers", "consensus of 2", "arbitration of 2 by Dr C", "model",
    }  # fmt: skip
    expected = table(simulated.truth, np.where(a == b, a, c))
    assert {n: e["value"] for n, e in found["arbitration of 2 by Dr C"].items()} == pytest.approx(expected)
    decided = {board["name"]: board["decided"] for board in content["committees"]}
    assert decided["arbitration of 2 by Dr C"] == {"agreement": int((a == b).sum()), "arbitration": int((a != b).sum())}
    assert len(content["agreement"]) == 2  # one pair, and the two of them


def test_a_committee_of_some(simulate: Simulate, tmp_path: Path) -> None:
    """The Hanoi study's design: one reader by herself, two others as the committee."""
    simulated = simulate(90, 3, 0)
    content = run(simulated, tmp_path / "out", "--committee", "Dr B,Dr C")
    assert [board["members"] for board in content["committees"]] == [["Dr B", "Dr C"]]
    assert "Dr A" in by_name(content)


def test_a_threshold(simulate: Simulate, tmp_path: Path) -> None:
    simulated = simulate(90, 2, 0)
    found = by_name(run(simulated, tmp_path / "out", "--threshold", "045=0.25"))["model"]
    p = simulated.probabilities
    expected = table(simulated.truth, np.where(p[:, 0] >= 0.25, 0, 1 + p[:, 1:].argmax(1)))
    assert {name: estimate["value"] for name, estimate in found.items()} == pytest.approx(expected)
    assert "045 where its probability is 0.25 or more" in (tmp_path / "out" / "report.md").read_text()


def test_an_operating_point_of_validation(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The point of decision.json is one of calibrated probabilities: p ** (1 / T), scaled to sum to 1."""
    simulated = simulate(90, 2, 0)
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    points = (OperatingPoint("045", "sensitivity", 0.9, 0.25, 0.9, 0.5),)
    storage.write(Decision(sha256(weights), CLASSES, 2.0, 0.0, points, 50), weights)
    options = ["--weights", str(weights), "--point"]
    found = by_name(run(simulated, tmp_path / "out", *options, "045, sensitivity 0.9"))["model"]
    p = simulated.probabilities**0.5
    p /= p.sum(1, keepdims=True)
    expected = table(simulated.truth, np.where(p[:, 0] >= 0.25, 0, 1 + p[:, 1:].argmax(1)))
    assert {name: estimate["value"] for name, estimate in found.items()} == pytest.approx(expected)
    arguments = [*simulated.arguments, "--labels", "birads3", "--out", str(tmp_path / "none"), *options]
    assert "no '045'; the decision has 045, sensitivity 0.9 of images" in refused(capsys, *arguments, "045")
    assert "neither --threshold nor --rule" in refused(capsys, *arguments, "045", "--threshold", "045=1")
    assert "neither --threshold nor --rule" in refused(capsys, *arguments, "045", "--level", "exam", "--rule", "max")


def test_readers_of_exams_meet_the_operating_point_of_exams(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Views are calibrated, then pooled: the breast's mean, and of the two breasts the more suspicious."""
    simulated = simulate(90, 2, 0)
    lines = simulated.files["model"].read_text().splitlines()
    titles = lines[0].split(",")
    place = [titles.index(f"p_{name}") for name in CLASSES]
    scores = np.random.default_rng(5).dirichlet([2, 2, 2], (90, 2, 2)) / 2 + simulated.probabilities[:, None, None] / 2
    views = []
    for line, of_exam in zip(lines[1:], scores, strict=True):
        for side, of_breast in zip("LR", of_exam, strict=True):
            for view, row in zip(("CC", "MLO"), of_breast, strict=True):
                cells = line.replace(".dcm", f"-{side}-{view}.dcm", 1).split(",")
                for index, value in zip(place, row, strict=True):
                    cells[index] = repr(float(value))
                views.append(",".join([*cells, side, view]))
    simulated.files["model"].write_text("\n".join([lines[0] + ",laterality,view", *views]) + "\n")
    roots = np.sqrt(scores)
    breasts = (roots / roots.sum(-1, keepdims=True)).mean(2)  # (90, 2, 3), a temperature of 2
    worst, normal = breasts[..., 0].max(1), breasts[..., 1].min(1)
    exams = np.column_stack([worst, normal, 1 - worst - normal])
    at = float(np.median(worst)) + 1e-6
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    of_images, of_exams = (OperatingPoint("045", "sensitivity", 0.9, value, 0.9, 0.5) for value in (0.01, at))
    stored = Decision(sha256(weights), CLASSES, 2.0, 0.0, (of_images,), 50, levels={"exam": (of_exams,)})
    storage.write(stored, weights)
    options = ["--weights", str(weights), "--point", "045, sensitivity 0.9", "--level"]
    found = by_name(run(simulated, tmp_path / "out", *options, "exam"))["model"]
    expected = table(simulated.truth, np.where(worst >= at, 0, 1 + exams[:, 1:].argmax(1)))
    assert {name: estimate["value"] for name, estimate in found.items()} == pytest.approx(expected)
    assert "of exams, calibrated and pooled)" in (tmp_path / "out" / "report.md").read_text()
    storage.write(replace(stored, levels={}), weights)
    arguments = [*simulated.arguments, "--labels", "birads3", "--out", str(tmp_path / "none"), *options]
    assert "has none of exams" in refused(capsys, *arguments, "exam")


def test_images_meet_readers_of_exams(simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulated = simulate(40, 2, 0)
    rows = simulated.files["model"].read_text().splitlines()
    views = [row.replace(".dcm", f"-{side}-{view}.dcm", 1) + f",{side},{view}"
             for row in rows[1:] for side in "LR" for view in ("CC", "MLO")]  # fmt: skip
    simulated.files["model"].write_text("\n".join([rows[0] + ",laterality,view", *views]) + "\n")
    arguments = [*simulated.arguments, "--labels", "birads3", "--out", str(tmp_path / "out")]
    assert "4 rows of case 'e0', expected one (40 such)" in refused(capsys, *arguments)
    content = run(simulated, tmp_path / "out", "--level", "exam", "--rule", "max")
    assert content["notes"] == {"exam-pooled": 120, "standard-views-complete": 40}
    expected = table(simulated.truth, simulated.probabilities.argmax(1))  # four equal views are one
    assert {n: e["value"] for n, e in by_name(content)["model"].items()} == pytest.approx(expected)


def test_wide_tables_and_class_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("case,category\na,mass\nb,normal\nc,mass\nd,normal\n")
    (tmp_path / "r.csv").write_text(
        "case;category_ann;category_bea\na;mass;mass\nb;normal;mass\nc;normal;mass\nd;normal;normal\n"
    )
    (tmp_path / "m.csv").write_text("case,p_normal,p_mass\na,.1,.9\nb,.6,.4\nc,.2,.8\nd,.9,.1\nz,.5,.5\n")
    out = tmp_path / "out"
    files = [text for o in ("truth", "readers", "model") for text in (f"--{o}", str(tmp_path / f"{o[0]}.csv"))]
    assert cli.run(["reader-study", *files, "--out", str(out), "--replicates", "50"]) == 0
    content = json.loads((out / "reader_study.json").read_text())
    found = by_name(content)
    assert [found["ann"][f"sensitivity_{name}"]["value"] for name in ("mass", "normal")] == [0.5, 1]
    assert [found["bea"][f"sensitivity_{name}"]["value"] for name in ("mass", "normal")] == [1, 0.5]
    assert content["notes"]["without-truth"] == 1 and content["notes"]["without-patient"] == 4
    assert "Wilson" in found["ann"]["sensitivity_mass"]["method"]
    assert "no patients given" in found["ann"]["averaged_sensitivity"]["method"]


def of_classes(folder: Path, other: str, readings: str) -> list[str]:
    """Arguments of a study of four cases, classes ``other`` and mass."""
    (folder / "t.csv").write_text(f"case,category\na,mass\nb,{other}\nc,mass\nd,{other}\n")
    (folder / "r.csv").write_text(readings)
    (folder / "m.csv").write_text(f"case,p_{other},p_mass\na,.1,.9\nb,.6,.4\nc,.2,.8\nd,.9,.1\n")
    return [text for o in ("truth", "readers", "model") for text in (f"--{o}", str(folder / f"{o[0]}.csv"))]


@pytest.mark.parametrize("form", ["wide", "long"])
def test_a_class_called_none_is_no_missing_reading(tmp_path: Path, form: str) -> None:
    said = {"ann": ["mass", "none", "none", "none"], "bea": ["mass", "mass", "mass", "none"]}
    if form == "wide":
        lines = ["case,category_ann,category_bea"]
        lines += [f"{case},{a},{b}" for case, a, b in zip("abcd", *said.values(), strict=True)]
    else:
        lines = ["case,reader,category"]
        lines += [f"{case},{who},{of}" for who, calls in said.items() for case, of in zip("abcd", calls, strict=True)]
    files = of_classes(tmp_path, "none", "\n".join(lines) + "\n")
    out = tmp_path / "out"
    assert cli.run(["reader-study", *files, "--out", str(out), "--replicates", "50"]) == 0
    content = json.loads((out / "reader_study.json").read_text())
    assert content["flow"]["judged"] == 4 and content["flow"]["without-class"] == 0
    assert content["coverage"]["ann"] == {"read": 4, "unread": 0, "without_class": 0, "other": 0}
    found = by_name(content)
    assert [found["ann"][f"sensitivity_{name}"]["value"] for name in ("mass", "none")] == [0.5, 1]
    assert [found["bea"][f"sensitivity_{name}"]["value"] for name in ("mass", "none")] == [1, 0.5]


def test_one_reader_is_judged_without_committees_and_agreement(simulate: Simulate, tmp_path: Path) -> None:
    simulated = simulate(60, 1, 4)
    content = run(simulated, tmp_path / "out")
    rows = simulated.judged
    assert content["flow"]["judged"] == 56
    assert [result["name"] for result in content["results"]] == ["Dr A", "model"]
    expected = table(simulated.truth[rows], simulated.calls["Dr A"][rows])
    assert {n: e["value"] for n, e in by_name(content)["Dr A"].items()} == pytest.approx(expected)
    assert [of["against"] for of in content["differences"]] == ["Dr A"]
    assert content["committees"] == content["agreement"] == []
    report = (tmp_path / "out" / "report.md").read_text()
    assert "## Committees\n\nNone: it takes two readers" in report
    assert "no case was read by two readers" in report


def test_the_only_reader_is_no_arbiter(simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [*simulate(20, 1, 0).arguments, "--labels", "birads3", "--out", str(tmp_path / "out")]
    assert "'Dr A' is the only reader" in refused(capsys, *arguments, "--arbiter", "Dr A")


def test_a_class_without_cases_is_undefined(simulate: Simulate, tmp_path: Path) -> None:
    simulated = simulate(60, 2, 0)
    benign = [i for i in range(60) if simulated.truth[i] != 0]
    lines = simulated.files["truth"].read_text().splitlines()
    simulated.files["truth"].write_text("\n".join([lines[0], *(lines[1 + i] for i in benign)]) + "\n")
    content = run(simulated, tmp_path / "out")
    for figures in by_name(content).values():
        assert figures["sensitivity_045"]["value"] is None and figures["sensitivity_045"]["reason"]
        assert figures["averaged_sensitivity"]["value"] is None
        assert figures["specificity_045"]["value"] is not None
    tests = content["differences"][0]["mcnemar"]["sensitivity_045"]
    assert tests == {"n": 0, "model_only": 0, "other_only": 0, "p": None}
    assert "undefined" in (tmp_path / "out" / "report.md").read_text()


@pytest.mark.parametrize(
    ("name", "find", "put", "expected"),
    [
        ("truth", "exam,birads", "study,birads", "truth.csv: no column 'case' or 'image'"),
        ("truth", "exam,birads", "exam,says", "no column 'category' or 'birads'"),
        ("truth", "e0,", "e1,", "e1 stands in line 2 already, with other values"),
        ("truth", "\ne0,", "\ne0,7", "line 2, column 'birads'"),
        ("readers", "Dr A,", "Dr A,9", "column 'birads'"),
        ("readers", "e0,Dr B", "e1,Dr A", "two-readings|says birads"),
        ("readers", "Dr B", "Dr A", "says birads"),
        ("readers", "Dr B", "model", "a reader is called 'model'"),
        ("readers", "\ne", "\nf", "none of the 20"),
        ("model", "\n0.dcm,e0,,0", "\n0.dcm,e0,,nan0", "line 2, column 'p_045'"),
        ("model", "\n0.dcm,e0,,0", "\n0.dcm,e0,,1", "line 2"),
        ("model", "p_23", "p_2", "birads3 has the classes 045, 1, 23, the predictions 045, 1, 2"),
        ("model", "dcm,e", "dcm,f", "no case of the truth table in column 'exam'"),
        ("model", "dcm,e1,", "dcm,e0,", "2 rows of case 'e0'"),
    ],
)
def test_hostile_tables(
    simulate: Simulate,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    find: str,
    put: str,
    expected: str,
) -> None:
    simulated = simulate(20, 2, 0)
    text = simulated.files[name].read_text().replace("\r\n", "\n")
    assert find in text
    everywhere = find in ("Dr B", "\ne", "dcm,e")
    simulated.files[name].write_text(text.replace(find, put) if everywhere else text.replace(find, put, 1))
    error = refused(capsys, *simulated.arguments, "--labels", "birads3", "--out", str(tmp_path / "out"))
    assert any(part in error for part in expected.split("|")), error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--labels", "birads3", "--arbiter", "Dr X"], "no reader 'Dr X'"),
        (["--labels", "birads3", "--committee", "Dr A,Dr X"], "no reader 'Dr X'"),
        (["--labels", "birads3", "--cases", "all"], "option --cases: no 'all'"),
        (["--labels", "birads3", "--threshold", "045"], "option --threshold"),
        (["--labels", "birads3", "--threshold", "4=0.3"], "no class '4'"),
        (["--labels", "birads3", "--threshold", "045=nan"], "option --threshold"),
        (["--labels", "birads3", "--case", "study"], "no column 'study'"),
        (["--labels", "birads3", "--level", "study"], "no level 'study'"),
        (["--labels", "birads9"], "no label map 'birads9'"),
        (["--labels", "birads5"], "birads5 has the classes"),
        ([], "one of the classes 045, 1, 23 (or --labels)"),
    ],
)
def test_options_that_name_nothing(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], expected: str
) -> None:
    error = refused(capsys, *simulate(20, 2, 0).arguments, "--out", str(tmp_path / "out"), *options)
    assert expected in error


def test_readers_who_never_read_the_same_case(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulated = simulate(40, 2, 0)
    lines = simulated.files["readers"].read_text().splitlines()
    halves = [
        line for i, line in enumerate(lines) if i == 0 or (int(line.split(",")[0][1:]) < 20) == (",Dr A," in line)
    ]
    simulated.files["readers"].write_text("\n".join(halves) + "\n")
    arguments = [*simulated.arguments, "--labels", "birads3", "--out", str(tmp_path / "out")]
    assert "no case was read by all of 2 readers" in refused(capsys, *arguments)
    content = run(simulated, tmp_path / "out", "--cases", "own")
    assert [by_name(content)[who]["accuracy"]["n"] for who in ("Dr A", "Dr B", "mean of 2 readers")] == [20, 20, 40]
    assert by_name(content)["consensus of 2"]["accuracy"]["value"] is None and content["agreement"] == []


def random_study(seed: int, n: int = 200) -> tuple[Scored, Rater, list[Rater]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=n)
    cases = Scored(CLASSES, truth, np.full((n, 3), 1 / 3), np.array([f"p{i // 2}" for i in range(n)]))

    def rater(name: str, right: float) -> Rater:
        return Rater(name, "reader", np.where(rng.random(n) < right, truth, rng.integers(3, size=n)))

    return cases, rater("model", 0.7), [rater("a", 0.6), rater("b", 0.5)]


def test_the_spread_of_a_paired_difference() -> None:
    """The interval against a bootstrap in a plain loop: patients drawn jointly, figures counted again."""
    cases, model, others = random_study(5)
    found = differences(model, others, cases)
    rng = np.random.default_rng(99)
    drawn = []
    for _ in range(1500):
        who = rng.integers(100, size=100)
        rows = np.concatenate([2 * who, 2 * who + 1])
        truth = cases.labels[rows]
        ours = table(truth, model.calls[rows])
        theirs = [table(truth, other.calls[rows]) for other in others]
        drawn.append([ours[name] - sum(other[name] for other in theirs) / 2 for name in ours])
    spread = dict(zip(ours, np.std(drawn, axis=0), strict=True))
    for name, estimate in found.items():
        assert estimate.low is not None and estimate.high is not None
        assert estimate.high - estimate.low == pytest.approx(2 * 1.97 * spread[name], rel=0.12)


def test_a_rater_does_not_differ_from_itself() -> None:
    cases, model, _ = random_study(1)
    assert all(estimate.value == 0 for estimate in differences(model, [model], cases, 50).values())
    alone, twice = (estimates(raters, cases, 50) for raters in ([model], [model, model]))
    assert {n: e.value for n, e in alone.items()} == pytest.approx({n: e.value for n, e in twice.items()})
