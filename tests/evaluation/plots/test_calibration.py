from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mammo_monai.evaluation import scored
from mammo_monai.evaluation.calibration import calibrated
from mammo_monai.evaluation.metrics import estimates
from mammo_monai.evaluation.plots import calibration


def binary(probability, truth):
    high = np.asarray(probability)
    return scored.of(truth, np.stack([1 - high, high], 1), ["benign", "malignant"])


def points(axes):
    return next(line for line in axes.lines if line.get_marker() == "s").get_xydata()


def test_bins_by_hand():
    """Highest probabilities 1, 0.9, 0.9, 0.7, 0.55 and 1 in bins of a fifteenth: two of three that are 0.9 are not."""
    given = binary([0.0, 0.1, 0.9, 0.7, 0.45, 1.0], [0, 1, 1, 1, 0, 1])
    upper, lower = calibration.draw(given, None).axes
    np.testing.assert_allclose(points(upper), [[0.55, 1], [0.7, 1], [0.9, 0.5], [1, 1]])
    bars = lower.patches
    assert [bar.get_height() for bar in bars] == [1, 1, 2, 2] and [t.get_text() for t in lower.texts] == list("1122")
    centres = [bar.get_x() + bar.get_width() / 2 for bar in bars]
    assert centres == pytest.approx([8.5 / 15, 10.5 / 15, 13.5 / 15, 14.5 / 15])
    assert upper.get_title() == "as predicted\ncalibration error 0.258, n = 6"  # (0.45 + 0.3 + 2 * 0.4) / 6


def wilson(cases, n, z=1.959964):
    """Wilson, JASA 22 (1927) 209."""
    share = cases / n
    middle, half = share + z * z / (2 * n), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def segments(axes):
    return axes.collections[0].get_segments()


def test_every_point_has_its_interval():
    given = binary([0.2] * 10 + [0.95] * 4, [0] * 8 + [1] * 2 + [1, 1, 1, 0])
    upper, _ = calibration.draw(given, None).axes
    for segment, x, expected in zip(segments(upper), (0.8, 0.95), (wilson(8, 10), wilson(3, 4)), strict=True):
        np.testing.assert_allclose(segment[:, 0], x)
        np.testing.assert_allclose(segment[:, 1], expected, atol=1e-5)


def test_intervals_are_over_patients():
    """Five patients whose rows are alike say less than as many rows of patients of their own."""
    given = binary([0.8] * 40, np.repeat([1, 1, 1, 0, 1], 8))
    clustered = replace(given, patients=np.repeat(np.arange(5), 8).astype(np.str_))
    alone, together = (segments(calibration.draw(one, None).axes[0])[0] for one in (given, clustered))
    assert np.ptp(together[:, 1]) > 1.5 * np.ptp(alone[:, 1])


def test_before_and_after_temperature_scaling(five):
    """The title's figure is the one of the table, and the points give it back."""
    assert len(calibration.draw(five, None).axes) == 2
    figure = calibration.draw(five, None, 2.5)
    before, after, *_ = figure.axes
    assert after.get_title().startswith("divided by temperature 2.500\n")
    for axes, given, counts in zip((before, after), (five, calibrated(five, 2.5)), figure.axes[2:], strict=True):
        expected = estimates(given, ["ece"], replicates=2)["ece"].value
        assert f"calibration error {expected:.3f}, n = 300" in axes.get_title()
        rows = [bar.get_height() for bar in counts.patches]
        mean, right = points(axes).T
        assert np.average(np.abs(mean - right), weights=rows) == pytest.approx(expected) and sum(rows) == 300
        assert np.dot(rows, right) == pytest.approx((given.called == given.labels).sum())
    assert not np.allclose(points(before)[-1], points(after)[-1])
