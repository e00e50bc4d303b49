from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import calibrate
from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.decisions.calling import ABSTAIN, decide
from mammo_monai.evaluation.decisions.fitting import fit
from mammo_monai.evaluation.decisions.plan import Plan
from mammo_monai.evaluation.scored import of

CLASSES = ("045", "1", "23")


def test_points_are_of_calibrated_probabilities(weights, validation):
    fitted = fit(validation, weights, Plan((("sensitivity", 0.8),)))
    assert fitted.temperature > 1.2  # the logits above are too sure
    found = decide(validation.probabilities, fitted)
    assert found.probabilities == pytest.approx(calibrate(validation.probabilities, fitted.temperature))
    for index, point in enumerate(fitted.operating_points):
        called = found.points[f"{CLASSES[index]}, sensitivity 0.8"]
        assert called[validation.labels == index].mean() == pytest.approx(point.sensitivity)
        assert point.sensitivity >= 0.8


def test_a_class_that_validation_lacks_gets_no_operating_point(weights, validation):
    fitted = fit(validation.take(validation.labels < 2), weights)
    assert {point.class_name for point in fitted.operating_points} == {"045", "1"}
    assert fit(validation.take(validation.labels == 2), weights).operating_points == ()


def test_a_small_validation_keeps_temperature_1(weights, validation):
    few = np.concatenate([np.flatnonzero(validation.labels == label)[:count] for label, count in enumerate((9, 40, 9))])
    fitted = fit(validation.take(few), weights)
    assert fitted.temperature == 1
    assert "10 rows of each of two classes" in fitted.remarks[0]
    enough = np.concatenate([few, np.flatnonzero(validation.labels == 0)[9:10]])
    fitted = fit(validation.take(enough), weights)
    assert fitted.temperature != 1
    assert not [remark for remark in fitted.remarks if "temperature" in remark]


def test_a_separable_validation_keeps_temperature_1(weights):
    labels = np.arange(60) % 3
    fitted = fit(of(labels, 0.4 * np.eye(3)[labels] + 0.2, CLASSES), weights)
    assert fitted.temperature == 1
    assert "separable" in fitted.remarks[0]
    assert len(fitted.operating_points) == 9


def test_probabilities_that_say_the_opposite_are_flattened_and_said(weights):
    labels = np.arange(60) % 3
    fitted = fit(of(labels, 0.4 * np.eye(3)[(labels + 1) % 3] + 0.2, CLASSES), weights)
    assert fitted.temperature == pytest.approx(20, rel=1e-2)
    assert "say nothing" in fitted.remarks[0]
    assert decide(np.array([[0.6, 0.2, 0.2]]), fitted).called == (ABSTAIN,)


def test_points_that_are_not_reached_in_earnest_are_said(weights):
    """Equal scores: a sensitivity of 0.9 needs every row, a specificity of 0.9 none."""
    labels = np.arange(60) % 3
    fitted = fit(of(labels, np.full((60, 3), 1 / 3), CLASSES), weights)
    assert "045, sensitivity 0.9: reached only by calling all rows" in fitted.remarks
    assert "045, specificity 0.9: reached only by calling none" in fitted.remarks
    storage.write(fitted, weights)
    assert storage.read(weights) == fitted
    assert "calling none" in str(fitted)


def test_a_class_without_a_point_is_said(weights, validation):
    remarks = fit(validation.take(validation.labels < 2), weights).remarks
    assert remarks[0] == "no operating point of 23: validation lacks rows of it or of others"


def test_breasts_and_exams_have_points_of_their_own(weights):
    """A blind view in each breast: what finds 90 % of the breasts is another threshold than of images."""
    random = np.random.default_rng(1)
    exams, views = np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60)
    sick = (exams % 2 == 1) & (views >= 2)  # one breast of every second exam
    shown = np.where(sick & (views == 3), 0.9, 0.1) + random.uniform(-0.05, 0.05, 240)
    columns = {
        "path": tuple(map(str, range(240))),
        "patient": tuple(f"p{exam}" for exam in exams),
        "exam": tuple(f"e{exam}" for exam in exams),
        "laterality": tuple("LR"[view // 2] for view in views),
        "view": tuple(("CC", "MLO")[view % 2] for view in views),
    }
    scores = np.column_stack([1 - shown, shown])
    table = replace(of(sick.astype(int), scores, ("benign", "malignant")), columns=columns)
    fitted = fit(table, weights, Plan((("sensitivity", 0.9),)))
    by_level = {"image": fitted.operating_points, **fitted.levels}
    reached = {level: {point.class_name: point for point in points} for level, points in by_level.items()}
    assert reached["image"]["malignant"].specificity < 0.5  # the blind views are only found by calling all
    assert reached["breast"]["malignant"].specificity == reached["exam"]["malignant"].specificity == 1
    assert reached["breast"]["malignant"].threshold > reached["image"]["malignant"].threshold
    storage.write(fitted, weights)
    assert storage.read(weights) == fitted
    assert fitted.at("exam").temperature == 1 and fitted.at("exam").operating_points == fitted.levels["exam"]


def test_a_table_without_exams_has_points_of_images_alone(weights, validation):
    fitted = fit(validation, weights)
    assert not fitted.levels and "no operating points of breasts and exams" in fitted.remarks[-1]


def test_the_costs_that_are_asked_for_choose_the_threshold(weights, validation):
    """Against the least cost over all thresholds: 20 false alarms for a missed case, at validation's prevalence."""
    fitted = fit(validation, weights, Plan((("cost", 20.0),), 0.05, "045, cost 20"))
    scores, sick = calibrate(validation.probabilities, fitted.temperature)[:, 0], validation.labels == 0
    cost = {at: 20 * (scores[sick] < at).sum() + (scores[~sick] >= at).sum() for at in np.unique(scores)}
    assert 20 * (scores[sick] < fitted.point.threshold).sum() + (scores[~sick] >= fitted.point.threshold).sum() == min(
        cost.values()
    )
    called = np.array(decide(validation.probabilities, fitted).called)
    margins = np.diff(np.sort(calibrate(validation.probabilities, fitted.temperature)))[:, -1]
    assert ((called == "045") == ((scores >= fitted.point.threshold) & (margins >= 0.05))).all()
    assert len(fitted.operating_points) == 3


@pytest.mark.parametrize("share", [0, 10, 25])
def test_a_share_of_the_rows_gives_the_margin(weights, validation, share):
    fitted = fit(validation, weights, Plan(abstain=f"{share}%"))
    called = decide(validation.probabilities, fitted).called
    assert called.count(ABSTAIN) == pytest.approx(share / 100 * 300, abs=1)
    assert fitted.abstain != pytest.approx(0.05, abs=1e-3)


def test_a_decision_that_validation_cannot_give_is_refused(weights, validation):
    plan = Plan(decide_by="23, youden")
    assert fit(validation, weights, plan).point.class_name == "23"
    with pytest.raises(MammoError, match="decide_by: validation gives no operating point '23, youden'"):
        fit(validation.take(validation.labels < 2), weights, plan)


def test_levels_that_will_not_be_called_are_said(weights, validation):
    remarks = fit(validation, weights, Plan(decide_by="23, youden")).remarks
    assert remarks[-2:] == tuple(
        f"no {level} is called, for want of the operating point '23, youden'" for level in ("breast", "exam")
    )


def test_no_points_at_all(weights, validation):
    fitted = fit(validation, weights, Plan(()))
    assert fitted.operating_points == () and fitted.remarks == fit(validation, weights).remarks
