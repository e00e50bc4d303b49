"""Every figure of the page, recomputed from the tables with scikit-learn, numpy and scipy; and what a page must be."""

from __future__ import annotations

import csv
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn import metrics

from mammo_monai.reporting import flow, gathering, sources

CLASSES = ("045", "1", "23")
SUSPICION = {"1": 0, "23": 1, "045": 2}


def rows(path):
    with path.open(newline="") as file:
        return [row for row in csv.DictReader(file) if not row["error"]]


def arrays(table):
    truth = np.array([CLASSES.index(row["label"]) for row in table])
    return truth, np.array([[float(row[f"p_{name}"]) for name in CLASSES] for row in table])


@pytest.fixture(scope="module")
def test_rows(training):
    return rows(training.folder / "predictions.csv")


def estimates(table):
    """{row name: {column: estimate}} of a table of report.json."""
    return {
        row[0]: {name: cell for name, cell in zip(table["header"], row, strict=True) if isinstance(cell, dict)}
        for row in table["rows"]
    }


def area(truth, scores, index):
    return metrics.roc_auc_score(truth == index, scores[:, index])


def mac_auc(truth, scores):
    return np.mean([area(truth, scores, index) for index in range(3)])


def test_figures_of_each_class(training, test_rows):
    truth, scores = arrays(test_rows)
    called = scores.argmax(1)
    found = estimates(training.table("figures", "classes"))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, called, labels=range(3))
    for index, name in enumerate(CLASSES):
        expected = {
            "AUC": area(truth, scores, index),
            "AUPRC": metrics.average_precision_score(truth == index, scores[:, index]),
            "sensitivity": recall[index],
            "specificity": metrics.recall_score(truth != index, called != index),
            "precision": precision[index],
            "F1": f1[index],
        }
        assert {column: cell["value"] for column, cell in found[name].items()} == pytest.approx(expected)
        assert found[name]["sensitivity"]["n"] == support[index]


def test_figures_of_all_classes(training, test_rows):
    truth, scores = arrays(test_rows)
    called, one_hot = scores.argmax(1), np.eye(3)[truth]
    confidence, right = scores.max(1), scores.argmax(1) == truth
    place = np.ceil(confidence * 15)
    ece = sum(abs((confidence - right)[place == k].sum()) for k in range(1, 16)) / len(truth)
    expected = {
        "macAUC": mac_auc(truth, scores),
        "macro AUPRC": metrics.average_precision_score(one_hot, scores, average="macro"),
        "accuracy": metrics.accuracy_score(truth, called),
        "majority accuracy": np.bincount(truth).max() / len(truth),
        "balanced accuracy": metrics.balanced_accuracy_score(truth, called),
        "Brier score": ((scores - one_hot) ** 2).sum(1).mean(),
        "calibration error": ece,
        **{
            f"{average} {'F1' if name == 'f1' else name}": function(truth, called, average=average)
            for average in ("macro", "weighted")
            for name, function in
            {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}.items()
        },
        **{
            f"pF1 {name}": 2 * scores[truth == i, i].sum() / ((truth == i).sum() + scores[:, i].sum())
            for i, name in enumerate(CLASSES)
        },
    }  # fmt: skip
    found = {name: cells["value"]["value"] for name, cells in estimates(training.table("figures", "all")).items()}
    assert found == pytest.approx(expected, abs=1e-9)
    assert training.content()["metrics"]["confusion_matrix"] == metrics.confusion_matrix(truth, called).tolist()
    matrix = training.table("confusion", "matrix")["rows"]
    assert [row[1:] for row in matrix] == metrics.confusion_matrix(truth, called).tolist()
    main = estimates(training.table("summary", "main"))
    assert [cells["value"]["value"] for cells in main.values()] == pytest.approx(
        [expected[name] for name in ("macAUC", "accuracy", "majority accuracy", "balanced accuracy")]
    )


@pytest.mark.parametrize("level", ["image", "breast", "exam", "patient"])
def test_levels(training, test_rows, level):
    keys = {"image": ("path",), "breast": ("exam", "laterality"), "exam": ("exam",), "patient": ("patient",)}[level]
    units = {}
    for row in test_rows:
        units.setdefault(tuple(row[key] for key in keys), []).append(row)
    truth = np.array([CLASSES.index(max((row["label"] for row in unit), key=SUSPICION.get)) for unit in units.values()])
    # A view counts once: the two exams of a patient have the same four views each, so plain means are the same.
    scores = np.stack([arrays(unit)[1].mean(0) for unit in units.values()])
    found = estimates(training.table("levels", "levels"))[level]
    assert found["macAUC"]["value"] == pytest.approx(mac_auc(truth, scores), abs=1e-5)
    assert found["accuracy"]["value"] == pytest.approx((scores.argmax(1) == truth).mean())
    for index, name in enumerate(CLASSES):
        assert found[f"AUC {name}"]["value"] == pytest.approx(area(truth, scores, index), abs=1e-5)
    assert found["accuracy"]["n"] == len(units)


GROUPS = {
    "view": lambda row: row["view"],
    "laterality": lambda row: row["laterality"],
    "density": lambda row: "ABCD"[exam(row) % 4],
    "age": lambda row: f"{(38 + exam(row)) // 10 * 10} to {(38 + exam(row)) // 10 * 10 + 9}",
    "vendor": lambda row: "Planmed" if exam(row) == 3 else "IMS",
    "finding": lambda row: "none" if row["label"] == "1" else "Mass",
}


def exam(row):
    return int(row["exam"].rpartition("-")[2])


@pytest.mark.parametrize("name", GROUPS)
def test_subgroups(training, test_rows, name):
    members = {}
    for row in test_rows:
        members.setdefault(GROUPS[name](row), []).append(row)
    table = training.table("subgroups", name)
    found = estimates(table)
    assert found.keys() == members.keys()
    for group, part in members.items():
        truth, scores = arrays(part)
        counts = np.bincount(truth, minlength=3)
        cells, printed = found[group], next(row for row in table["rows"] if row[0] == group)
        assert printed[1] == " / ".join(map(str, counts))
        patients = [len({row["patient"] for row in part if row["label"] == label}) for label in CLASSES]
        assert ("small" in printed[2]) == (counts.min() < 10 or min(patients) < 5)
        assert cells["accuracy"]["value"] == pytest.approx((scores.argmax(1) == truth).mean())
        if counts.all():
            assert cells["macAUC"]["value"] == pytest.approx(mac_auc(truth, scores))
        else:
            assert cells["macAUC"]["value"] is None and cells["macAUC"]["reason"]
        for index, label in enumerate(CLASSES):
            value = (scores.argmax(1)[truth == index] == index).mean() if counts[index] else None
            assert cells[f"sensitivity {label}"]["value"] == (value if value is None else pytest.approx(value))


def tempered(scores, scale):
    powers = np.maximum(scores, 5e-7) ** (1 / scale)
    return powers / powers.sum(1, keepdims=True)


def test_calibration_and_operating_points_are_those_of_validation(training, test_rows):
    truth, scores = arrays(rows(training.folder / "validation" / "predictions.csv"))
    loss = lambda log: -np.log(tempered(scores, math.exp(log))[np.arange(len(truth)), truth]).sum()  # noqa: E731
    scale = math.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-7}).x)
    validation, own = tempered(scores, scale), arrays(test_rows)
    test = tempered(own[1], scale)
    calibration = training.table("calibration", "calibration")["rows"][1]
    assert calibration[0] == f"divided by temperature {scale:.3f}"
    assert calibration[2]["value"] == pytest.approx(((test - np.eye(3)[own[0]]) ** 2).sum(1).mean(), abs=1e-5)
    table = training.table("operating_points", "points")
    assert len(table["rows"]) == 9
    for line in table["rows"]:
        label, _, rule = line[0].partition(", ")
        index = CLASSES.index(label)
        positive, score = truth == index, validation[:, index]
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
        _, threshold, sensitivity, specificity = best
        assert line[1] == pytest.approx(threshold, abs=1e-5)
        assert [line[2]["value"], line[3]["value"]] == pytest.approx([sensitivity, specificity])
        called, positive = test[:, index] >= line[1], own[0] == index
        expected = [called[positive].mean(), (~called[~positive]).mean(), positive[called].mean()]
        assert [cell["value"] for cell in line[4:]] == pytest.approx(expected)


def test_abstaining_rows(training, test_rows):
    truth, scores = arrays(test_rows)
    scale = float(training.table("calibration", "calibration")["rows"][1][0].rpartition(" ")[2])
    highest = np.sort(tempered(scores, scale), axis=1)
    flat = highest[:, -1] - highest[:, -2] < 0.05
    (_, share), (_, rest) = training.table("operating_points", "abstaining")["rows"]
    assert flat.any() and (share["value"], rest["n"]) == (pytest.approx(flat.mean()), (~flat).sum())
    assert rest["value"] == pytest.approx((scores.argmax(1) == truth)[~flat].mean())


def test_reliability_and_worst_errors(training, test_rows):
    truth, scores = arrays(test_rows)
    sure, right = scores.max(1), scores.argmax(1) == truth
    for name, mean, cell in training.table("calibration", "reliability")["rows"]:
        low = round(float(name.split()[0]) * 15) / 15
        inside = (sure > low) & (sure <= low + 1 / 15)
        assert (mean, cell["value"], cell["n"]) == pytest.approx(
            (sure[inside].mean(), right[inside].mean(), inside.sum())
        )
    worst = training.table("errors", "worst")
    place = {name: index for index, name in enumerate(worst["header"])}
    expected = np.sort(sure[~right])[::-1][:12]
    assert [row[place["p(called)"]] for row in worst["rows"]] == pytest.approx(expected)
    assert all(row[place["truth"]] != row[place["called"]] for row in worst["rows"])


def test_csv_json_and_page_print_the_same_figures(training):
    cells = [
        cell
        for section in training.content()["sections"]
        for block in section["blocks"]
        for row in block.get("rows", []) if isinstance(row, list)
        for cell in row if isinstance(cell, dict)
    ]  # fmt: skip
    with (training.out / "figures.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["value"] for line in lines] == ["" if c["value"] is None else str(c["value"]) for c in cells]
    page = Page((training.out / "report.html").read_text())
    shown = [text for text in page.cells if re.search(r"n = [\d,]+$", text)]
    assert len(shown) == len(cells) > 100
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
    facts = next(one for one in training.content()["sections"] if one["name"] == "data")["blocks"]
    sections = next(block for block in facts if block.get("name") == "sections")["rows"]
    assert sections[-1] == ["all", 48, 80, 120]
    assert sections[0] == ["patients", 6, 10, 15]
    assert next(block for block in facts if block.get("name") == "left_out")["rows"] == [["special-view", 7]]
    texts = [block["words"] for one in training.content()["sections"] for block in one["blocks"] if "words" in block]
    assert any("Left out of 121 rows: error 1" in text for text in texts)
