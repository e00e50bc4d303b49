"""The published tables of the Hanoi BI-RADS ResNet-50 study, rebuilt and held against each other.

Source: Tables 1, 2, 3 and 5 and the text around them of the study of 7,912 images of the Hanoi Medical University
Hospital (BI-RADS 045, 1 and 23 by a ResNet-50, macAUC 0.754).
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from mammo_monai.evaluation.intervals.proportion import wilson
from mammo_monai.evaluation.scored import Scored
from mammo_monai.reader_study.figures import Rater, estimates

CLASSES = ("045", "1", "23")
TABLE_1 = {"045": (2038, 462, 456, 2956), "1": (1925, 460, 444, 2829), "23": (1407, 346, 374, 2127)}
TABLE_1_VIEWS = {
    "1": ((470, 112, 108, 690), (470, 112, 108, 690), (493, 118, 114, 725), (492, 118, 114, 724)),
    "23": ((329, 87, 89, 505), (331, 87, 89, 507), (374, 86, 98, 558), (373, 86, 98, 557)),
    "045": ((523, 119, 114, 756), (523, 119, 114, 756), (496, 112, 114, 722), (496, 112, 114, 722)),
}
TABLE_1_ALL = (5370, 1268, 1274, 7912)
TABLE_2 = (0.741, 0.782, 0.738)
TABLE_3 = np.array([[236, 122, 6], [108, 331, 5], [172, 142, 152]])
TABLE_3_TOTALS = [364, 444, 466]
TABLE_5 = {  # sensitivities, their printed average, specificities, their printed average
    "radiologist": ((0.17, 0.78, 0.62), 0.53, (0.9, 0.48, 0.85), 0.75),
    "committee": ((0.15, 0.93, 0.89), 0.63, (0.98, 0.54, 0.89), 0.80),
    "model": ((0.60, 0.83, 0.31), 0.58, (0.74, 0.54, 0.97), 0.79),
}
HALF = 0.005
"""Largest error of a number rounded to two decimals."""


@pytest.fixture(scope="module")
def docs() -> str:
    page = Path(__file__).parents[2] / "docs" / "reader-study.md"
    return page.read_text(encoding="utf-8").partition("## Where the Hanoi study's own tables disagree")[2]


@pytest.fixture(scope="module")
def table_3() -> dict[str, float | None]:
    """Our figures of the 1,274 images that make Table 3, one row each."""
    truth, called = (np.repeat(cells.ravel(), TABLE_3.ravel()) for cells in np.indices((3, 3)))
    n = len(truth)
    cases = Scored(CLASSES, truth, np.full((n, 3), 1 / 3), np.arange(n).astype(str), {}, {"without-patient": n})
    found = estimates([Rater("model", "model", called)], cases, replicates=200)
    assert all(e.low is not None and e.high is not None and e.low < (e.value or 0) < e.high for e in found.values())
    assert found["sensitivity_045"].n == 364 and found["specificity_045"].n == 910 and found["accuracy"].n == 1274
    return {name: estimate.value for name, estimate in found.items()}


def test_table_3_and_what_follows_from_it(table_3: dict[str, float | None], docs: str) -> None:
    assert TABLE_3.sum(1).tolist() == TABLE_3_TOTALS
    recalls = {name: TABLE_3[i, i] / TABLE_3_TOTALS[i] for i, name in enumerate(CLASSES)}
    assert [round(recall, 3) for recall in recalls.values()] == [0.648, 0.745, 0.326]
    specificities = {
        name: 1 - (TABLE_3[:, i].sum() - TABLE_3[i, i]) / (1274 - TABLE_3_TOTALS[i]) for i, name in enumerate(CLASSES)
    }
    expected = {
        **{f"sensitivity_{name}": value for name, value in recalls.items()},
        "averaged_sensitivity": sum(recalls.values()) / 3,
        **{f"specificity_{name}": value for name, value in specificities.items()},
        "averaged_specificity": sum(specificities.values()) / 3,
        "accuracy": 719 / 1274,
    }
    assert table_3 == pytest.approx(expected)
    assert round(expected["accuracy"], 3) == 0.564
    for value in expected.values():
        assert f"{value:.3f}" in docs


def test_table_1_against_itself() -> None:
    for name, row in TABLE_1.items():
        assert tuple(map(sum, zip(*TABLE_1_VIEWS[name], strict=True))) == row
        assert all(sum(view[:3]) == view[3] for view in TABLE_1_VIEWS[name])
    assert tuple(map(sum, zip(*TABLE_1.values(), strict=True))) == TABLE_1_ALL
    assert sum(TABLE_1_ALL[:3]) == TABLE_1_ALL[3]


def test_the_split_is_not_70_15_15(docs: str) -> None:
    assert " / ".join(f"{100 * part / 7912:.1f}" for part in TABLE_1_ALL[:3]) in docs


def test_tables_1_and_3_do_not_agree_even_when_exchanged(docs: str) -> None:
    ours = dict(zip(CLASSES, TABLE_3_TOTALS, strict=True))
    theirs = {name: row[2] for name, row in TABLE_1.items()}
    assert sum(ours.values()) == sum(theirs.values()) == 1274 and ours["1"] == theirs["1"] == 444
    assert (theirs["045"], theirs["23"], ours["045"], ours["23"]) == (456, 374, 364, 466)
    assert theirs["23"] - ours["045"] == ours["23"] - theirs["045"] == 10
    for number in ("456", "374", "364", "466", "leaves 10 images over"):
        assert number in docs


def test_table_2(docs: str) -> None:
    assert f"{sum(TABLE_2) / 3:.3f}" == "0.754" and "0.754" in docs


@pytest.mark.parametrize(
    ("who", "what", "recomputed", "reachable"),
    [
        ("radiologist", 0, "0.523", True),
        ("radiologist", 2, "0.743", True),
        ("committee", 0, "0.657", False),
        ("committee", 2, "0.803", True),
        ("model", 0, "0.580", True),
        ("model", 2, "0.750", False),
    ],
)
def test_averages_of_table_5(who: str, what: int, recomputed: str, reachable: bool, docs: str) -> None:
    """Whether a printed average can be that of its rows, all of them rounded to two decimals."""
    cells, printed = TABLE_5[who][what : what + 2]
    mean = sum(cells) / 3  # type: ignore[arg-type]
    assert f"{mean:.3f}" == recomputed and recomputed in docs
    assert (abs(mean - printed) <= 2 * HALF + 1e-9) is reachable  # type: ignore[operator]


def test_our_averages_are_those_of_table_5(docs: str) -> None:
    """A reader with exactly the committee's sensitivities on 300 images: the average is 0.657."""
    hits = [15, 93, 89]
    truth = np.repeat([0, 1, 2], 100)
    calls = np.concatenate([[i] * hit + [(i + 1) % 3] * (100 - hit) for i, hit in enumerate(hits)])
    cases = Scored(CLASSES, truth, np.full((300, 3), 1 / 3), np.arange(300).astype(str))
    found = estimates([Rater("committee", "committee", calls)], cases, replicates=200)
    assert [found[f"sensitivity_{name}"].value for name in CLASSES] == [0.15, 0.93, 0.89]
    assert found["averaged_sensitivity"].value == pytest.approx(1.97 / 3)


@pytest.mark.parametrize(("who", "possible"), [("radiologist", True), ("committee", True), ("model", False)])
def test_one_call_per_image(who: str, possible: bool) -> None:
    """Is there a mix of classes with which sensitivities and specificities make one call per image?

    Calls per image are the sum over the classes of share * sensitivity + (1 - share) * (1 - specificity).
    """
    sensitivity, _, specificity, _ = TABLE_5[who]
    hit, false = np.array(sensitivity), 1 - np.array(specificity)
    fewest, most = ((hit + h) - (false + h) for h in (-HALF, HALF))
    mix = linprog(
        np.zeros(3),
        A_ub=[fewest, -most],
        b_ub=[1 - (false - HALF).sum(), (false + HALF).sum() - 1],
        A_eq=[[1, 1, 1]],
        b_eq=[1],
        bounds=[(0, 1)] * 3,
    )
    assert mix.success is possible


def test_the_model_of_table_5_calls_too_often(docs: str) -> None:
    sensitivity, _, specificity, _ = TABLE_5["model"]
    false = 1 - np.array(specificity)
    fewest = min(false.sum() - false[i] + sensitivity[i] for i in range(3))  # linear in the mix: at one of its corners
    assert f"{fewest:.2f} calls per image" in docs and f"{fewest - 3 * HALF:.3f} if every cell was rounded" in docs


def test_table_5_is_no_random_part_of_table_3(table_3: dict[str, float | None], docs: str) -> None:
    there, here, n = table_3["specificity_1"], TABLE_5["model"][2][1], 468 * 830 / 1274
    assert there is not None
    error = math.sqrt(there * (1 - there) / n * (1 - 468 / 1274))
    assert f"{(there - here) / error:.1f} standard errors" in docs


def test_the_committee_is_ahead(docs: str) -> None:
    committee, model = TABLE_5["committee"], TABLE_5["model"]
    assert sum(committee[0]) > sum(model[0]) and sum(committee[2]) > sum(model[2])
    low, high = wilson(0.6 * 156, 156)[:2]
    assert f"{low:.3f} to {high:.3f}" in docs
