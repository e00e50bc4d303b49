"""Paired differences of several runs: against plain arithmetic."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import scored
from mammo_monai.reporting import comparing, comparison_files

N = 400
TRUTH = np.arange(N) % 2
NAMES = ("benign", "malignant")


def run(seed, skill):
    score = 1 / (1 + np.exp(-(np.random.default_rng(seed).normal(size=N) + skill * (TRUTH - 0.5))))
    made = scored.of(TRUTH, np.stack([1 - score, score], 1), NAMES)
    return scored.replace(made, columns={"path": tuple(map(str, range(N)))})


@pytest.fixture(scope="module")
def runs():
    return {"base": run(0, 1.0), "same|as": run(1, 1.0), "better": run(2, 4.0)}


@pytest.fixture(scope="module")
def compared(runs):
    return comparing.compare(runs)


def test_differences_are_those_of_the_figures(runs, compared):
    base = runs["base"]
    for one in compared[1:]:
        other = runs[one.name]
        expected = {
            "macro_auc": roc_auc_score(TRUTH, other.probabilities[:, 1])
            - roc_auc_score(TRUTH, base.probabilities[:, 1]),
            "accuracy": accuracy_score(TRUTH, other.called) - accuracy_score(TRUTH, base.called),
        }
        assert {name: found.value for name, found in one.differences.items()} == pytest.approx(expected)
    assert compared[1].beyond == {"macro_auc": False, "accuracy": False}
    assert compared[2].beyond == {"macro_auc": True, "accuracy": True}
    assert compared[0].differences == {}


def test_files(compared, tmp_path):
    page, table, picture = comparison_files.write(tmp_path, compared, {"base": {"error": 2}})
    text = page.read_text()
    assert "4 differences are looked at together" in text and "base: left out 2 error" in text
    assert "same\\|as" in text and "Research use only" in text
    assert picture.read_bytes().startswith(b"\x89PNG")
    with table.open(newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["of"] == "difference"]
    expected = [found.value for one in compared[1:] for found in one.differences.values()]
    assert [float(line["value"]) for line in lines] == expected
    assert [line["beyond_noise"] for line in lines] == ["False", "False", "True", "True"]


def test_a_difference_without_interval_says_why_and_of_how_many_rows(runs):
    """Of the same predictions nothing differs, and there is no spread to make an interval of."""
    text = comparison_files.markdown(comparing.compare({"base": runs["base"], "again": runs["base"]}), {})
    (row,) = (line for line in text.splitlines() if line.startswith("| again"))
    assert row.count("+0.000 (no interval: ") == 2 and row.count(f"n = {N})") == 4
    assert "None" not in row and "noise" not in row


def test_what_cannot_be_compared(runs):
    with pytest.raises(MammoError, match="two runs"):
        comparing.compare({"base": runs["base"]})
    with pytest.raises(MammoError, match="same images"):
        comparing.compare({"base": runs["base"], "part": runs["better"].take(slice(0, 300))})
    with pytest.raises(MammoError, match="figure"):
        comparing.compare(runs, ["f7"])


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["a/x/predictions.csv", "a/y"], ["x", "y"]),
        (["/s/row/fold-0", "/s/other/fold-0/"], ["row/fold-0", "other/fold-0"]),
        (["/s/x", "y"], ["s/x", "y"]),
        (["mine.csv", "yours.csv"], ["mine.csv", "yours.csv"]),
        (["/s/x", "/s/x/more"], ["x", "more"]),
    ],
)
def test_short_names(given, shown):
    assert comparing.short_names(given) == shown
