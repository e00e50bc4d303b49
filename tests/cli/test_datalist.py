"""The verbs datalist and merge, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mammo_monai import cli


def run(*args: str | Path) -> int:
    return cli.run([str(arg) for arg in args])


@pytest.fixture
def command(phantoms: Path, tmp_path: Path) -> list[str | Path]:
    return ["datalist", "phantom", "--root", phantoms, "--labels", "birads3", "--out", tmp_path / "d.json"]


def test_fingerprints_are_made_and_kept_beside_the_list(
    command: list[str | Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*command) == 0
    first = (tmp_path / "d.json").read_bytes()
    content = json.loads(first)
    assert all(len(item["sha256"]) == 64 for item in content["training"])
    assert content["guard"]["checked"] == ["patient", "exam", "content", "near"]
    assert len((tmp_path / "d.fingerprints.csv").read_text().splitlines()) == 81
    printed = capsys.readouterr().out
    got = content["balance"]["class"]["045"]["training"]
    assert any(f"{got['asked']:.1f} / {got['got']}" in line for line in printed.splitlines())
    assert "not checked" not in printed
    assert run(*command) == 0 and (tmp_path / "d.json").read_bytes() == first


def test_folds_levels_and_names(command: list[str | Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command, "--folds", "3", "--level", "exam", "--name", "mine", "--fingerprints", "none") == 0
    lists = [json.loads((tmp_path / f"d.fold-{k}.json").read_text()) for k in range(3)]
    assert not (tmp_path / "d.json").exists() and not list(tmp_path.glob("*.csv"))
    assert [content["fold"] for content in lists] == [0, 1, 2]
    assert {item["dataset"] for item in lists[0]["test"]} == {"mine"} and lists[0]["level"] == "exam"
    assert "not checked against leaks: content and near" in capsys.readouterr().out


def test_a_damaged_file_and_a_missing_one_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from mammo_monai.phantom import write_phantoms

    root = write_phantoms(tmp_path / "set", 6, 0, rows=128, cols=104)
    gone, torn = sorted(root.rglob("*.dicom"))[:2]
    gone.unlink()
    torn.write_bytes(torn.read_bytes()[:900])
    assert run("datalist", "phantom", "--root", root, "--labels", "birads3", "--out", tmp_path / "d.json") == 0
    printed = capsys.readouterr().out.splitlines()
    for file, reason in ((gone, "missing-file"), (torn, "unreadable")):
        following = printed[printed.index(f"left out: 1 {reason}") + 1]
        assert following.startswith(f"  {file.relative_to(root)} (breast-level_annotations.csv:")


def test_labels_only_looks_at_no_file(
    command: list[str | Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*command, "--labels-only") == 0
    assert "no file was looked at" in capsys.readouterr().out
    assert json.loads((tmp_path / "d.json").read_text())["guard"]["files"] is False


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The root of 24 films of 12 women in a table."""
    from mammo_monai.phantom import write_phantoms

    root = write_phantoms(tmp_path / "set", 6, 0, rows=128, cols=104)
    films = sorted(root.rglob("*.dicom"))
    lines = [f"{film.relative_to(root)},p{i // 2},{i % 2 + 1},{i % 3}" for i, film in enumerate(films)]
    (root / "t.csv").write_text("\n".join(["image,patient,birads,other", *lines]) + "\n")
    return root


@pytest.fixture
def of_small(small: Path, tmp_path: Path) -> list[str | Path]:
    out = tmp_path / "d.json"
    return ["datalist", "table", "--csv", "t.csv", "--root", small, "--labels", "birads3", "--out", out]


def test_images_without_labels_are_named(
    small: Path, of_small: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (small / "t.csv").read_text().splitlines()
    (small / "t.csv").write_text("\n".join(lines[:-2]) + "\n")
    assert run(*of_small) == 0
    printed = capsys.readouterr().out.splitlines()
    place = printed.index("unlisted: 2 images no table names")
    assert printed[place + 1 : place + 3] == [f"  {line.partition(',')[0]}" for line in lines[-2:]]


def test_a_renamed_column_is_named(small: Path, of_small: list[str | Path], capsys: pytest.CaptureFixture[str]) -> None:
    (small / "t.csv").write_text((small / "t.csv").read_text().replace("birads", "assessment"))
    assert run(*of_small) == 1
    error = capsys.readouterr().err
    assert "none of 24 images has a 'birads'" in error and "--birads NAME" in error
    assert "columns with no meaning yet: 'assessment', 'other'" in error


def test_what_training_will_refuse_is_warned_of(
    small: Path, of_small: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (small / "t.csv").read_text().splitlines()
    rows = [f"{lines[0]},split", *(f"{line},test" for line in lines[1:])]
    (small / "t.csv").write_text("\n".join(rows) + "\n")
    assert run(*of_small, "--split", "official") == 0
    printed = capsys.readouterr().out
    assert "warning: training has no image; " in printed and "warning: validation has no image; " in printed
    assert "warning: test" not in printed  # two classes will do
    assert run(*of_small) == 0
    assert "warning: training has no image of class 045; merge a list that has them" in capsys.readouterr().out


def test_what_is_printed_of_folds_and_findings(command: list[str | Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command, "--folds", "3", "--labels-only") == 0
    printed = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("furthest from asked: ") for line in printed) == 3
    assert [line.split()[:2] for line in printed if "asked / got" in line] == [["fold", "0:"]]
    assert run(*command, "--level", "finding", "--labels-only") == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[-2:] == ["items", "patients"]
    said = next(line for line in printed if line.startswith("phantom: ")).split()
    assert said[2:4] == ["images", "(as"] and int(said[1]) <= 80 and said[5] == "findings"


def test_merging_two_sets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from mammo_monai.phantom import write_phantoms

    lists, roots = [], []
    for seed in (1, 2):
        root = write_phantoms(tmp_path / f"set{seed}", 12, seed, rows=128, cols=104)
        out = tmp_path / f"{seed}.json"
        assert (
            run("datalist", "phantom", "--root", root, "--labels", "birads3", "--out", out, "--name", f"s{seed}") == 0
        )
        lists.append(str(out))
        roots.append(str(root))
    capsys.readouterr()
    out = tmp_path / "m.json"
    assert run("merge", ",".join(lists), "--roots", ",".join(roots), "--out", out) == 0
    printed = capsys.readouterr().out
    assert "Cramer's V" in printed and f"--dataset_dir {tmp_path}" in printed
    content = json.loads(out.read_text())
    assert {item["dataset"] for item in content["training"]} == {"s1", "s2"}
    assert sum(len(content[section]) for section in content["counts"]) == 96
    assert run("merge", lists[0], "--roots", ",".join(roots), "--out", out) == 2


@pytest.mark.parametrize(
    "more",
    [
        ["--fingerprints", "some"], ["--leaks", "ignore"], ["--stratify", "colour"], ["--split", "random", "--by", "x"],
        ["--split", "holdout"], ["--folds", "x"],
    ],
)  # fmt: skip
def test_options_that_are_not_understood(command: list[str | Path], tmp_path: Path, more: list[str]) -> None:
    assert run(*command, *more) == 2
    assert not list(tmp_path.glob("*.json"))
