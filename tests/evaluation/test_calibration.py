from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import figures
from mammo_monai.evaluation.calibration import (
    RANGE,
    calibrate,
    calibrated,
    margin_for,
    margins,
    reliability,
    temperature,
)
from mammo_monai.evaluation.scored import of


def drawn(sharpness, n=4000, seed=0):
    """Labels drawn from the softmax of logits; the table holds that of the logits times ``sharpness``."""
    random = np.random.default_rng(seed)
    logits = 1.5 * random.normal(size=(n, 3))
    labels = (random.random(n)[:, None] > softmax(logits, axis=1).cumsum(1)).sum(1).clip(max=2)
    return of(labels, softmax(sharpness * logits, axis=1), "abc")


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_sharpened_the_logits(sharpness):
    assert temperature(drawn(sharpness)) == pytest.approx(sharpness, rel=0.08)


def test_no_temperature_of_a_fine_grid_is_more_likely():
    scored = drawn(2.0, 300)
    logits, rows = np.log(scored.probabilities), np.arange(300)

    def loss(t):
        return -np.log(softmax(logits / t, axis=1))[rows, scored.labels].mean()

    grid = np.geomspace(*RANGE, 3000)
    assert loss(temperature(scored)) <= min(map(loss, grid)) + 1e-9


def test_calibration_lowers_the_calibration_error_of_other_rows_and_no_auc():
    test = drawn(3.0, seed=1)
    better = calibrated(test, temperature(drawn(3.0)))
    before, after = figures.point(test), figures.point(better)
    assert after["ece"] < before["ece"] / 3
    assert after["brier"] < before["brier"]
    assert after["accuracy"] == before["accuracy"]
    assert np.array_equal(better.called, test.called)


def test_a_temperature_is_a_power_of_the_probabilities():
    p = np.array([[0.7, 0.2, 0.1], [0.5, 0.5, 0.0]])
    assert calibrate(p[:1], 2.0) == pytest.approx(np.sqrt(p[:1]) / np.sqrt(p[:1]).sum())
    assert calibrate(p, 1.0) == pytest.approx(p, abs=1e-6)  # a written 0 may have been 0.0000005
    assert calibrate(p, 0.05).sum(1) == pytest.approx(1)


def test_temperatures_stay_within_their_range():
    right, wrong = np.eye(2)[[0, 1, 0]], np.eye(2)[[1, 0, 1]]
    assert temperature(of([0, 1, 0], 0.4 + 0.2 * right, "ab")) == pytest.approx(RANGE[0], rel=1e-3)
    assert temperature(of([0, 1, 0], wrong, "ab")) == pytest.approx(RANGE[1], rel=1e-3)


def test_margins():
    assert margins(np.array([[0.3524, 0.3513, 0.2964], [0.1, 0.1, 0.8]])) == pytest.approx([0.0011, 0.7])


def test_the_margin_of_a_share_leaves_that_share_out():
    scored = drawn(1.0, 1000)
    assert (margins(scored.probabilities) < margin_for(scored, 0.1)).mean() == pytest.approx(0.1, abs=2e-3)
    assert (margins(scored.probabilities) < margin_for(scored, 0)).sum() == 0
    with pytest.raises(MammoError, match="expected 0 to 1, found 10"):
        margin_for(scored, 10)


def test_the_bins_of_the_reliability_add_up_to_the_calibration_error():
    scored = drawn(3.0, 500)
    bins = reliability(scored)
    assert sum(b.right.n for b in bins) == 500
    error = sum(b.right.n * abs(b.confidence - b.right.value) for b in bins) / 500
    assert error == pytest.approx(figures.point(scored)["ece"])
    for b in bins:
        assert b.low < b.confidence <= b.high
        assert b.right.low <= b.right.value <= b.right.high
