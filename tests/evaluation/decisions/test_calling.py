from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import MARGIN
from mammo_monai.evaluation.decisions.calling import ABSTAIN, UNDECIDED, decide, decide_level
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.decisions.fitting import fit
from mammo_monai.evaluation.decisions.plan import Plan
from mammo_monai.evaluation.operating import OperatingPoint
from mammo_monai.evaluation.scored import of

CLASSES = ("045", "1", "23")


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1, 2, 20])
def test_flat_predictions_are_no_decision(weights, validation, temperature):
    """The example of the Hanoi study: 0.3524 / 0.3513 / 0.2964 is no diagnosis of the first class."""
    fitted = replace(fit(validation, weights), temperature=temperature)
    assert decide(np.array([[0.3524, 0.3513, 0.2964]]), fitted).called == (ABSTAIN,)


def test_clear_predictions_are_called(weights, validation):
    fitted = replace(fit(validation, weights), temperature=1.0)
    flat = (1 - MARGIN * 0.99) / 2
    rows = np.array([[0.9, 0.05, 0.05], [0.1, 0.2, 0.7], [1 - flat, flat, 0.0], [0.5 + MARGIN, 0.5 - MARGIN, 0.0]])
    assert decide(rows, fitted).called == ("045", "23", ABSTAIN, "045")


def test_probabilities_of_other_classes(weights, validation):
    fitted = fit(validation, weights)
    with pytest.raises(MammoError, match=r"a probability per class \(045, 1, 23\)"):
        decide(np.array([[0.5, 0.5]]), fitted)


def test_the_hanoi_example_abstains_and_its_argmax_does_not(weights, validation):
    fitted = replace(fit(validation, weights), temperature=1.0)
    row = np.array([[0.3524, 0.3513, 0.2964]])
    assert CLASSES[row.argmax()] == "045"
    assert decide(row, fitted).called == (ABSTAIN,)
    assert decide(row, replace(fitted, abstain=0.001)).called == ("045",)


def deciding_by(threshold: float, class_names: tuple[str, ...] = CLASSES, **more: object) -> Decision:
    """Calls the first class from a threshold on."""
    point = OperatingPoint(class_names[0], "sensitivity", 0.9, threshold, 0.9, 0.5)
    plan = Plan((("sensitivity", 0.9),), 0.0, point.name)
    return Decision("0" * 64, class_names, 1.0, 0.0, (point,), 50, plan=plan, **more)


def test_an_operating_point_calls_its_class_and_below_the_most_probable_other():
    rows = np.array([[0.3, 0.1, 0.6], [0.29, 0.31, 0.4], [0.29, 0.4, 0.31], [0.9, 0.05, 0.05]])
    assert decide(rows, deciding_by(0.3)).called == ("045", "23", "1", "045")
    # Of a class that is the most probable and does not reach its threshold the next one is called.
    assert decide(rows, deciding_by(0.95)).called == ("23", "23", "1", "1")
    two = deciding_by(0.3, ("malignant", "benign"))
    assert decide(np.array([[0.3, 0.7], [0.2, 0.8]]), two).called == ("malignant", "benign")


def test_the_threshold_that_decides_is_one_of_calibrated_probabilities():
    row = np.array([[0.04, 0.36, 0.6]])
    roots = np.sqrt(row) / np.sqrt(row).sum()  # what a temperature of 2 makes of it
    assert row[0, 0] < 0.1 < roots[0, 0] < 0.2
    for threshold, called in ((0.1, "045"), (0.2, "23")):
        assert decide(row, replace(deciding_by(threshold), temperature=2.0)).called == (called,)


def test_flat_predictions_are_called_by_no_operating_point():
    row = np.array([[0.3524, 0.3513, 0.2964]])
    assert decide(row, deciding_by(0.3)).called == ("045",)
    assert decide(row, replace(deciding_by(0.3), abstain=0.05)).called == (ABSTAIN,)


def exam(*views: tuple[float, ...]):
    """The left and right breast of an exam, two calibrated views each."""
    columns = {
        "path": tuple("abcd"), "patient": ("p",) * 4, "exam": ("e",) * 4, "laterality": tuple("LLRR"),
        "view": ("CC", "MLO") * 2,
    }  # fmt: skip
    return replace(of([1] * 4, views, CLASSES), columns=columns)


def test_levels_are_pooled_and_decided_by_thresholds_of_their_own():
    """Left breast: (0.3 + 0.1) / 2 = 0.2 of 045; right: 0.05; the exam has the larger, 0.2."""
    rows = exam((0.3, 0.6, 0.1), (0.1, 0.8, 0.1), (0.05, 0.9, 0.05), (0.05, 0.9, 0.05))
    by_image = deciding_by(0.25)
    of_level = {level: (replace(by_image.point, threshold=at),) for level, at in (("breast", 0.15), ("exam", 0.21))}
    decision = replace(by_image, temperature=3.0, levels=of_level)  # the rows are calibrated already
    units, images = decide_level(rows, "image", decision)
    assert images.called == ("045", "1", "1", "1") and len(units) == 4
    breasts, called = decide_level(rows, "breast", decision)
    assert called.called == ("045", "1") and breasts.probabilities[:, 0] == pytest.approx([0.2, 0.05])
    _, whole = decide_level(rows, "exam", decision)
    assert whole.called == ("1",)
    assert (decision.at("exam").temperature, decision.at("image").operating_points) == (1.0, by_image.operating_points)


def test_a_level_without_the_point_that_decides_stays_undecided():
    rows = exam(*[(0.3, 0.6, 0.1)] * 4)
    assert decide_level(rows, "breast", deciding_by(0.25))[1].called == (UNDECIDED,) * 2
    assert "nothing, for want of" in str(deciding_by(0.25).at("breast"))
    assert decide_level(rows, "breast", replace(deciding_by(0.25), plan=Plan()))[1].called == ("1",) * 2
