from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.intervals import proportion
from mammo_monai.evaluation.operating import NEVER, OperatingPoint, choose, judge
from mammo_monai.evaluation.scored import of


def binary(labels, p):
    p = np.asarray(p, float)
    return of(labels, np.c_[1 - p, p], ["benign", "malignant"])


TEN = binary([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.8, 0.35, 0.6, 0.7, 0.9])


@pytest.mark.parametrize(
    ("rule", "target", "threshold", "sensitivity", "specificity"),
    [
        (
            "sensitivity",
            0.5,
            0.65,
            2 / 4,
            5 / 6,
        ),  # 0.7 calls; halfway to 0.6, which is as specific, but the highest is meant
        ("sensitivity", 0.75, 0.55, 3 / 4, 5 / 6),
        ("sensitivity", 0.76, 0.325, 1, 3 / 6),
        ("sensitivity", 1, 0.325, 1, 3 / 6),
        ("specificity", 0.8, 0.55, 3 / 4, 5 / 6),
        ("specificity", 1, 0.85, 1 / 4, 1),
        ("specificity", 0.5, 0.325, 1, 3 / 6),
        ("youden", 0, 0.55, 3 / 4, 5 / 6),  # 0.583, against 0.5 at 0.35
        ("cost", 1, 0.55, 3 / 4, 5 / 6),
        ("cost", 1.6, 0.55, 3 / 4, 5 / 6),  # 0.4 * 1.6 / 4 + 0.6 / 6 = 0.26, against 0.6 / 2 at 0.35
        ("cost", 10, 0.325, 1, 3 / 6),  # a missed cancer as dear as ten false alarms
        ("cost", 0, NEVER, 0, 1),
    ],
)
def test_thresholds_by_hand(rule, target, threshold, sensitivity, specificity):
    point = choose(TEN, "malignant", rule, target)
    assert point.threshold == pytest.approx(threshold)
    assert (point.sensitivity, point.specificity) == pytest.approx((sensitivity, specificity))


@settings(deadline=None)
@given(
    st.integers(0, 2**32), st.sampled_from(["sensitivity", "specificity", "youden", "cost"]), st.floats(0, 1, width=16)
)
def test_no_threshold_is_better(seed, rule, target):
    """All thresholds are tried, as a reader of the definitions would."""
    random = np.random.default_rng(seed)
    labels, p = np.r_[0, 1, random.integers(0, 2, 20)], random.random(22).round(1)
    point = choose(binary(labels, p), "malignant", rule, target)

    def at(threshold):
        called = p >= threshold
        return called[labels == 1].mean(), (~called)[labels == 0].mean()

    assert at(point.threshold) == pytest.approx((point.sensitivity, point.specificity))
    every = [at(threshold) for threshold in (*np.unique(p), NEVER)]
    prevalence = labels.mean()

    def cost(sensitivity, specificity):
        return prevalence * target * (1 - sensitivity) + (1 - prevalence) * (1 - specificity)

    if rule == "sensitivity":
        assert point.sensitivity >= target - 1e-9
        assert point.specificity == pytest.approx(max(b for a, b in every if a >= target - 1e-9))
    elif rule == "specificity":
        assert point.specificity >= target - 1e-9
        assert point.sensitivity == pytest.approx(max(a for a, b in every if b >= target - 1e-9))
    elif rule == "youden":
        assert point.sensitivity + point.specificity == pytest.approx(max(a + b for a, b in every))
    else:
        assert cost(point.sensitivity, point.specificity) == pytest.approx(min(cost(a, b) for a, b in every))


def test_a_point_chosen_on_validation_is_judged_on_test_with_intervals():
    point = choose(TEN, "malignant", "sensitivity", 0.75)
    test = binary([0, 0, 0, 1, 1], [0.1, 0.6, 0.54, 0.61, 0.2])
    found = judge(point, test)
    assert {name: (e.value, e.n) for name, e in found.items()} == {
        "sensitivity": (0.5, 2),
        "specificity": (pytest.approx(2 / 3), 3),
        "precision": (0.5, 2),
    }
    assert (found["specificity"].low, found["specificity"].high) == pytest.approx(proportion.wilson(2, 3)[:2])
    clustered = judge(point, replace(test, patients=np.array(["x", "x", "x", "y", "y"])))
    assert clustered["sensitivity"].high - clustered["sensitivity"].low > 0.8


def test_one_class_of_three_against_the_rest():
    scored = of([0, 1, 2, 1], [[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.1, 0.2, 0.7], [0.1, 0.8, 0.1]], ["045", "1", "23"])
    point = choose(scored, "1", "youden")
    assert (point.threshold, point.sensitivity, point.specificity) == (
        pytest.approx(0.35),
        1,
        1,
    )  # though 045 is likelier once
    assert point.name == "1, youden"
    assert choose(scored, "1", "sensitivity", 0.95).name == "1, sensitivity 0.95"


def test_a_threshold_that_nothing_reaches_is_a_number_of_json():
    point = choose(TEN, "malignant", "cost", 0)
    assert judge(point, TEN)["sensitivity"].value == 0
    assert OperatingPoint(**json.loads(json.dumps(asdict(point), allow_nan=False))) == point


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("normal", "youden"), "class 'normal': expected one of benign, malignant"),
        (("malignant", "best"), "operating_points: 'best' 0: expected one of sensitivity, specificity, youden, cost"),
        (("malignant", "sensitivity", 90), "operating_points: 'sensitivity' 90"),
        (("malignant", "cost", -1), "operating_points: 'cost' -1"),
        (("malignant", "specificity", float("nan")), "operating_points: 'specificity' nan"),
        (("malignant", "cost", float("nan")), "operating_points: 'cost' nan"),
    ],
)
def test_what_is_no_rule(arguments, message):
    with pytest.raises(MammoError, match=message):
        choose(TEN, *arguments)


def test_a_class_that_validation_lacks():
    with pytest.raises(MammoError, match="expected rows of it and rows of other classes in validation"):
        choose(TEN.take(TEN.labels == 0), "malignant", "youden")
