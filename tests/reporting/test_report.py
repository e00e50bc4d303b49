"""Every figure of the page, recomputed from the tables with scikit-learn, numpy and scipy; and what a page must be."""

from __future__ import annotations

import csv
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn import metrics

from mammo_monai.datasets import labels
from mammo_monai.reporting import flow, gathering, sources
from mammo_monai.reporting.facts import facts
from mammo_monai.reporting.sections import data, levels, run

SUSPICION = {"1": 0, "23": 1, "045": 2, "normal": 0, "abnormal": 1}
EDGES = ("row_min", "col_min", "row_max", "col_max")
LEVELS = {"image": ("path",), "breast": ("exam", "laterality"), "exam": ("exam",), "patient": ("patient",)}


class Table:
    """Rows of predictions as arrays: N classes by index, (N, C) probabilities."""

    def __init__(self, rows, classes):
        self.rows = rows
        self.truth = np.array([classes.index(row["label"]) for row in rows])
        self.scores = np.array([[float(row[f"p_{name}"]) for name in classes] for row in rows])
        self.called = self.scores.argmax(1)
        self.right = self.called == self.truth


@pytest.fixture
def test(evaluated):
    return Table(evaluated.rows(), evaluated.classes)


def estimates(table):
    """{row name: {column: estimate}} of a table of report.json."""
    return {
        row[0]: {name: cell for name, cell in zip(table["header"], row, strict=True) if isinstance(cell, dict)}
        for row in table["rows"]
    }


def area(truth, scores, index):
    return metrics.roc_auc_score(truth == index, scores[:, index])


def mac_auc(truth, scores):
    return np.mean([area(truth, scores, index) for index in range(scores.shape[1])])


def calibration_error(right, confidence):
    place = np.ceil(confidence * 15)
    return sum(abs((confidence - right)[place == k].sum()) for k in range(1, 16)) / len(right)


def brier(truth, scores):
    """Brier's own over all classes; of two that of one of them, as everybody gives it."""
    if scores.shape[1] == 2:
        return metrics.brier_score_loss(truth, scores[:, 1])
    return ((scores - np.eye(scores.shape[1])[truth]) ** 2).sum(1).mean()


def test_figures_of_each_class(evaluated, test):
    found = estimates(evaluated.table("figures", "classes"))
    assert tuple(found) == evaluated.classes
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        test.truth, test.called, labels=range(len(found))
    )
    for index, cells in enumerate(found.values()):
        own = test.truth == index
        expected = {
            "AUC": area(test.truth, test.scores, index),
            "AUPRC": metrics.average_precision_score(own, test.scores[:, index]),
            "sensitivity": recall[index],
            "specificity": metrics.recall_score(~own, test.called != index),
            "precision": precision[index],
            "F1": f1[index],
        }
        assert {column: cell["value"] for column, cell in cells.items()} == pytest.approx(expected)
        assert (cells["sensitivity"]["n"], cells["specificity"]["n"]) == (support[index], len(own) - support[index])
        assert (cells["AUC"]["n"], cells["precision"]["n"]) == (len(own), (test.called == index).sum())


def test_figures_of_all_classes(evaluated, test):
    truth, scores, called = test.truth, test.scores, test.called
    if len(evaluated.classes) > 2:
        precisions = metrics.average_precision_score(np.eye(scores.shape[1])[truth], scores, average="macro")
    else:
        precisions = np.mean([metrics.average_precision_score(truth == index, scores[:, index]) for index in range(2)])
    expected = {
        "macAUC": mac_auc(truth, scores),
        "macro AUPRC": precisions,
        "accuracy": metrics.accuracy_score(truth, called),
        "majority accuracy": np.bincount(truth).max() / len(truth),
        "balanced accuracy": metrics.balanced_accuracy_score(truth, called),
        "Brier score": brier(truth, scores),
        "calibration error": calibration_error(test.right, scores.max(1)),
        **{
            f"{average} {'F1' if name == 'f1' else name}": function(truth, called, average=average)
            for average in ("macro", "weighted")
            for name, function in
            {"precision": metrics.precision_score, "sensitivity": metrics.recall_score, "f1": metrics.f1_score}.items()
        },
        **{
            f"pF1 {name}": 2 * scores[truth == i, i].sum() / ((truth == i).sum() + scores[:, i].sum())
            for i, name in enumerate(evaluated.classes)
        },
    }  # fmt: skip
    found = {name: cells["value"]["value"] for name, cells in estimates(evaluated.table("figures", "all")).items()}
    assert found == pytest.approx(expected, abs=1e-7)  # the two columns of a row are rounded to 1 each
    matrix = metrics.confusion_matrix(truth, called).tolist()
    assert evaluated.content()["metrics"]["confusion_matrix"] == matrix
    assert [row[1:] for row in evaluated.table("confusion", "matrix")["rows"]] == matrix
    main = estimates(evaluated.table("summary", "main"))
    assert [cells["value"]["value"] for cells in main.values()] == pytest.approx(
        [expected[name] for name in ("macAUC", "accuracy", "majority accuracy", "balanced accuracy")]
    )


def whole(images, rows, scores, level, classes):
    """Probabilities of a unit: tiles of an image by their mean, images of a breast by theirs; of its breasts P(k or
    less suspicious) is the least that one of them has."""
    breasts = {}
    for tiles in images:
        row = rows[tiles[0]]
        breasts.setdefault((row["exam"], row["laterality"] or row["path"]), []).append(scores[tiles].mean(0))
    means = [np.mean(of_breast, 0) for of_breast in breasts.values()]
    if level in ("image", "breast"):
        return means[0]
    order = sorted(range(len(classes)), key=lambda index: SUSPICION[classes[index]])
    found = np.empty(len(classes))
    found[order] = np.diff(np.cumsum(np.array(means)[:, order], 1).min(0), prepend=0)
    return found


def units_of(table, scores, level, classes):
    """Truth and probabilities of breasts, exams or patients: (U,) and (U, C) of N images' or tiles' (N, C)."""
    units = {}
    for place, row in enumerate(table.rows):
        images = units.setdefault(tuple(row[key] for key in LEVELS[level]), {})
        images.setdefault(row["path"], []).append(place)
    worst = [max((table.rows[place]["label"] for image in unit.values() for place in image), key=SUSPICION.get)
             for unit in units.values()]  # fmt: skip
    pooled = [whole(unit.values(), table.rows, scores, level, classes) for unit in units.values()]
    return np.array([classes.index(label) for label in worst]), np.stack(pooled)


@pytest.mark.parametrize("level", LEVELS)
def test_levels(evaluated, test, level):
    """Calibrated, then pooled; tiles of an image first, so that each view counts once."""
    scale = temperature(Table(evaluated.rows("validation"), evaluated.classes))
    truth, scores = units_of(test, tempered(test.scores, scale), level, evaluated.classes)
    table = evaluated.table("levels", "levels")
    (said,) = re.findall(r"Calibrated probabilities \(temperature (\S+)\) are pooled", table["note"])
    assert float(said) == pytest.approx(scale, abs=1e-3)
    found = estimates(table)[level]
    assert found["macAUC"]["value"] == pytest.approx(mac_auc(truth, scores), abs=1e-5)
    assert found["accuracy"]["value"] == pytest.approx((scores.argmax(1) == truth).mean())
    for index, name in enumerate(evaluated.classes):
        assert found[f"AUC {name}"]["value"] == pytest.approx(area(truth, scores, index), abs=1e-5)
    patients = {row["patient"] for row in test.rows}
    assert found["accuracy"]["n"] == len(truth)
    assert next(row[1:3] for row in table["rows"] if row[0] == level) == [len(truth), len(patients)]


def decade(item):
    return f"{int(item['age']) // 10 * 10} to {int(item['age']) // 10 * 10 + 9}" if item["age"] else ""


GROUPS = {
    "view": lambda item: [item["view"]],
    "laterality": lambda item: [item["laterality"]],
    "density": lambda item: [item["density"]],
    "age": lambda item: [decade(item)],
    "vendor": lambda item: [item["vendor"]],
    "dataset": lambda item: [item["dataset"]],
    "site": lambda item: [item["site"]],
    "birads": lambda item: [item["birads"]],
    "finding": lambda item: {word for one in item["findings"] for word in one["categories"]} or ["none"],
}


def test_subgroups(evaluated, test):
    def where(path, box, finding):
        return (path, *map(str, box), str(finding))

    items = {
        where(item["image"], item.get("box", ()), item.get("finding", "")): item
        for item in json.loads(evaluated.datalist.read_text())["test"]
    }
    expected = {}
    for place, row in enumerate(test.rows):
        edges = [row[edge] for edge in EDGES if row.get(edge)]
        for name, groups in GROUPS.items():
            for group in groups(items[where(row["path"], edges, row.get("finding", ""))]):
                expected.setdefault(name, {}).setdefault(group, []).append(place)
    told = {name for name, groups in expected.items() if groups.keys() - {""} and len(groups) > 1}
    tables = next(one["blocks"] for one in evaluated.content()["sections"] if one["name"] == "subgroups")
    assert {block["name"] for block in tables if block["kind"] == "table"} == told and told
    for name in told:
        expected[name].pop("", None)
        of_group(evaluated, test, evaluated.table("subgroups", name), expected[name])


def of_group(evaluated, test, table, members):
    found = estimates(table)
    assert found.keys() == members.keys()
    classes = range(len(evaluated.classes))
    for group, part in members.items():
        truth, scores, right = test.truth[part], test.scores[part], test.right[part]
        counts = np.bincount(truth, minlength=len(classes))
        cells, printed = found[group], next(row for row in table["rows"] if row[0] == group)
        assert printed[1] == " / ".join(map(str, counts))
        patients = [len({test.rows[place]["patient"] for place in part if test.truth[place] == one}) for one in classes]
        assert ("small" in printed[2]) == (counts.min() < 10 or min(patients) < 5)
        assert cells["accuracy"]["value"] == pytest.approx(right.mean())
        assert cells["accuracy"]["n"] == len(part)
        if counts.all():
            assert cells["macAUC"]["value"] == pytest.approx(mac_auc(truth, scores))
        else:
            assert cells["macAUC"]["value"] is None and cells["macAUC"]["reason"]
        for index, label in enumerate(evaluated.classes):
            value = right[truth == index].mean() if counts[index] else None
            assert cells[f"sensitivity {label}"]["value"] == (value if value is None else pytest.approx(value))


def tempered(scores, scale):
    powers = np.maximum(scores, 5e-7) ** (1 / scale)
    return powers / powers.sum(1, keepdims=True)


def temperature(table):
    """That of the lowest loss."""
    own = np.arange(len(table.truth)), table.truth
    loss = lambda log: -np.log(tempered(table.scores, math.exp(log))[own]).sum()  # noqa: E731
    return math.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-7}).x)


def test_calibration_is_that_of_validation(evaluated, test):
    scale = temperature(Table(evaluated.rows("validation"), evaluated.classes))
    scores = tempered(test.scores, scale)
    raw, calibrated = evaluated.table("calibration", "calibration")["rows"]
    assert calibrated[0] == f"divided by temperature {scale:.3f}"
    for cells, those in ((raw, test.scores), (calibrated, scores)):
        assert [cell["value"] for cell in cells[1:]] == pytest.approx(
            [calibration_error(test.right, those.max(1)), brier(test.truth, those)], abs=1e-5
        )


@pytest.mark.parametrize("level", ["image", "breast", "exam"])
def test_operating_points_are_those_of_validation(evaluated, test, level):
    """By image as predicted; of breasts and exams, as inference, thresholds of calibrated and pooled probabilities."""
    if level != "image" and evaluated.patches:
        assert not any(table == f"points_{level}" for table in evaluated.tables("operating_points"))
        return
    chosen_on = Table(evaluated.rows("validation"), evaluated.classes)
    scale = temperature(chosen_on)
    known, truth = chosen_on.truth, test.truth
    validation, scores = tempered(chosen_on.scores, scale), tempered(test.scores, scale)
    if level != "image":
        known, validation = units_of(chosen_on, validation, level, evaluated.classes)
        truth, scores = units_of(test, scores, level, evaluated.classes)
    table = evaluated.table("operating_points", "points" if level == "image" else f"points_{level}")
    assert len(table["rows"]) == 3 * len(evaluated.classes)
    for line in table["rows"]:
        label, _, rule = line[0].partition(", ")
        index = evaluated.classes.index(label)
        positive, score = known == index, validation[:, index]
        best = None
        for threshold in np.unique(score)[::-1]:  # highest first: of equally good ones the highest
            sensitivity, specificity = (score[positive] >= threshold).mean(), (score[~positive] < threshold).mean()
            worth = {
                "youden": sensitivity + specificity,
                "sensitivity 0.9": specificity if sensitivity >= 0.9 - 1e-9 else -1,
                "specificity 0.9": sensitivity if specificity >= 0.9 - 1e-9 else -1,
            }[rule]
            if best is None or worth > best[0] + 1e-12:
                best = (worth, threshold, sensitivity, specificity)
        _, reached, sensitivity, specificity = best
        threshold = (reached + max(score[score < reached], default=0)) / 2
        assert line[1] == pytest.approx(threshold, abs=1e-5)
        assert [line[2]["value"], line[3]["value"]] == pytest.approx([sensitivity, specificity])
        called, positive = scores[:, index] >= line[1], truth == index
        expected = [called[positive].mean(), (~called[~positive]).mean(), positive[called].mean()]
        assert [cell["value"] for cell in line[4:]] == pytest.approx(expected)
        assert [cell["n"] for cell in line[4:]] == [positive.sum(), (~positive).sum(), called.sum()]


def test_what_is_called(evaluated, test):
    """The most probable class, or none where two are within 0.05; of breasts and exams by pooled probabilities."""
    scores = tempered(test.scores, temperature(Table(evaluated.rows("validation"), evaluated.classes)))
    rows = evaluated.table("operating_points", "decided")["rows"]
    assert [row[0] for row in rows] == (["patch"] if evaluated.patches else ["image", "breast", "exam"])
    for level, count, share, rest, *sensitivities in rows:
        truth, own = (test.truth, scores) if level in ("patch", "image") else units_of(
            test, scores, level, evaluated.classes
        )  # fmt: skip
        highest = np.sort(own, axis=1)
        clear = highest[:, -1] - highest[:, -2] >= 0.05
        right = own.argmax(1) == truth
        assert (count, share["value"], share["n"]) == (len(truth), pytest.approx((~clear).mean()), len(truth))
        parts = [clear, *(clear & (truth == index) for index in range(own.shape[1]))]
        for cell, part in zip([rest, *sensitivities], parts, strict=True):
            value = pytest.approx(right[part].mean()) if part.any() else None
            assert (cell == "-" and not clear.any()) or (cell["value"], cell["n"]) == (value, part.sum())


def test_reliability_and_worst_errors(evaluated, test):
    sure, right = test.scores.max(1), test.right
    for name, mean, cell in evaluated.table("calibration", "reliability")["rows"]:
        low = round(float(name.split()[0]) * 15) / 15
        inside = (sure > low) & (sure <= low + 1 / 15)
        assert (mean, cell["value"], cell["n"]) == pytest.approx(
            (sure[inside].mean(), right[inside].mean(), inside.sum())
        )
    worst = evaluated.table("errors", "worst")
    place = {name: index for index, name in enumerate(worst["header"])}
    expected = np.sort(sure[~right])[::-1][:12]
    assert [row[place["p(called)"]] for row in worst["rows"]] == pytest.approx(expected)
    assert all(row[place["truth"]] != row[place["called"]] for row in worst["rows"])


RECOMPUTED = {
    "summary": {"main"}, "figures": {"classes", "all"}, "calibration": {"calibration", "reliability"},
    "operating_points": {"points", "points_breast", "points_exam", "decided"}, "levels": {"levels"},
    "subgroups": GROUPS.keys(),
}  # fmt: skip

FEWER = {"subgroups", "operating_points"}
"""Sections that need not have all of these: patches are not pooled."""


def test_no_figure_is_left_out_above(evaluated):
    """A table that a section gains, or one that is missing, is noticed; intervals hold their figure."""
    with (evaluated.out / "figures.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    found = {}
    for line in lines:
        found.setdefault(line["section"], set()).add(line["table"])
    assert found.keys() == RECOMPUTED.keys()
    assert all(found[name] == tables for name, tables in RECOMPUTED.items() if name not in FEWER)
    assert all(found[name] <= RECOMPUTED[name] for name in FEWER)
    held = [float(line["low"]) <= float(line["value"]) <= float(line["high"]) for line in lines if line["low"]]
    assert all(held) and len(held) > len(lines) / 2


def test_csv_json_and_page_print_the_same_figures(evaluated):
    cells = [
        cell
        for section in evaluated.content()["sections"]
        for block in section["blocks"]
        for row in block.get("rows", []) if isinstance(row, list)
        for cell in row if isinstance(cell, dict)
    ]  # fmt: skip
    with (evaluated.out / "figures.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["value"] for line in lines] == ["" if c["value"] is None else str(c["value"]) for c in cells]
    page = Page((evaluated.out / "report.html").read_text())
    shown = [text for text in page.cells if re.search(r"n = [\d,]+$", text)]
    assert len(shown) == len(cells) > 80
    for text, cell in zip(shown, cells, strict=True):
        assert text.endswith(f"n = {cell['n']:,}")
        if cell["value"] is None:
            assert text.startswith("undefined") and cell["reason"] in text
        else:
            assert text.startswith(f"{cell['value']:.3f}")
            ends = f"{cell['low']:.3f} to {cell['high']:.3f}" if cell["low"] is not None else "no interval"
            assert ends in text


class Page(HTMLParser):
    """Texts of the table cells, tags, and addresses that a browser would ask for."""

    def __init__(self, text):
        super().__init__()
        self.cells, self.tags, self.asked, self.words, self._in = [], [], [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.asked += [value for name, value in attributes if name in ("src", "href")]
        if tag == "td":
            self.cells.append("")
            self._in = True
        elif self._in:
            self.cells[-1] += " "

    def handle_endtag(self, tag):
        self._in = self._in and tag != "td"

    def handle_data(self, data):
        self.words += data
        data = data.replace("\xa0", " ")
        if self._in:
            self.cells[-1] = (self.cells[-1] + data).strip()


def test_page_needs_nothing_else_and_takes_names_as_text(training):
    page = Page((training.out / "report.html").read_text())
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert all(address.startswith(("data:image/png;base64,", "#")) for address in page.asked)
    assert page.tags.count("img") == 7
    assert "cannot & <be> read" in page.words and "as <b>seed</b>" in page.words
    assert page.words.count("Research use only, not for clinical use.") == 2
    assert "b" in page.tags and page.words.count("<script>") == page.words.count("</script>")


def test_flow_and_counts(training):
    context = gathering.gather(sources.of_folder(training.folder), training.datalist)
    boxes = [text.get_text().split("\n") for text in flow.draw(context).axes[0].texts if text.get_text()]
    assert ["records read: 255"] in boxes and ["rows in the table: 121"] in boxes
    assert ["left out: 7", "special-view: 7"] in boxes and ["not judged: 1", "error: 1"] in boxes
    assert ["test: 120", "045: 16", "1: 72", "23: 32"] in boxes
    assert ["judged (test): 120", "of 15 patients", "045: 16", "1: 72", "23: 32"] in boxes
    blocks = next(one for one in training.content()["sections"] if one["name"] == "data")["blocks"]
    sections = next(block for block in blocks if block.get("name") == "sections")["rows"]
    assert sections[-1] == ["all", 48, 80, 120]
    assert sections[0] == ["patients", 6, 10, 15]
    assert next(block for block in blocks if block.get("name") == "left_out")["rows"] == [["special-view", 7]]
    texts = [block["words"] for one in training.content()["sections"] for block in one["blocks"] if "words" in block]
    assert any("Left out of 121 rows: error 1" in text for text in texts)


def test_what_patches_were_cut_and_not_cut_is_on_the_page(training):
    """Whatever a patch list left out, by policy, is counted; how they were cut is in words."""
    context = gathering.gather(sources.of_folder(training.folder), training.datalist)
    cut = {"policies": {"tile": {"size": 256, "around": 4}, "context": {"margin": 1.5}}, "kinds": [], "seed": 3}
    outcomes = {
        "tile": {"kept": {"at-edge": 2}, "left_out": {"no-coordinates": 3}},
        "context": {"left_out": {"tiny": 1}},
    }
    listed = {**context.datalist, "patches": cut, "outcomes": outcomes}
    patches = replace(context, datalist=listed, described={**context.described, "patches": str(cut)})
    boxes = [text.get_text().split("\n") for text in flow.draw(patches).axes[0].texts if text.get_text()]
    assert ["patches cut: 248"] in boxes
    assert ["left out: 11", "special-view: 7", "tile no-coordinates: 3", "context tiny: 1"] in boxes
    told, *_ = (block for block in data.section(patches, training.out).blocks if block.kind == "facts")
    assert told.rows["Patches"] == "policies: tile (size 256, around 4), context (margin 1.5); seed: 3"
    assert facts(patches, training.out)["left_out"] == "special-view 7, tile no-coordinates 3, context tiny 1"
    ran = run.section(patches, training.out)
    assert "{" not in str([block.rows for block in ran.blocks if block.kind == "facts"]).replace("[{", "")
    assert any("not recorded" in block.words for block in ran.blocks if block.kind == "text")
    noted = replace(context, history=[{"epoch": 1, "peak_memory": 2.34e9}, {"epoch": 2, "peak_memory": 1.2e9}])
    (known, *_) = run.section(noted, training.out).blocks
    assert known.rows["Peak memory"] == "2.3 GB"


def test_classes_without_an_order_are_not_pooled_and_it_is_said(tmp_path):
    """Of a malignant mass and a malignant calcification in one breast nobody has said which is the worse label."""
    classes = labels.load("lesion5").classes
    scores = np.random.default_rng(1).dirichlet(np.ones(5), 80).round(9)
    lines = [
        f"{i}.png,p{i // 4},e{i // 4},{'LR'[i // 2 % 2]},{('CC', 'MLO')[i % 2]},{classes[i % 5]},"
        + ",".join(map(str, row))
        for i, row in enumerate(scores)
    ]
    titles = ["path", "patient", "exam", "laterality", "view", "label", *(f"p_{name}" for name in classes)]
    (tmp_path / "mine.csv").write_text("\n".join([",".join(titles), *lines]) + "\n")
    context = gathering.gather(sources.of_table(tmp_path / "mine.csv"))
    assert list(context.metrics["counts"]) == list(classes)
    (said,) = levels.section(context, tmp_path).blocks
    assert said.words.startswith("Not judged by image, breast, exam, patient: order of suspicion unknown")
