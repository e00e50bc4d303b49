from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.evaluation import scored
from mammo_monai.evaluation.plots import calibration


def binary(probability, truth):
    high = np.asarray(probability)
    return scored.of(truth, np.stack([1 - high, high], 1), ["benign", "malignant"])


def test_bins_by_hand():
    """Edges belong to the bin below, 0 to the first, as in scikit-learn."""
    given = binary([0.0, 0.1, 0.31, 0.39, 0.35, 1.0], [0, 1, 1, 0, 0, 1])
    upper, lower = calibration.draw(given, None).axes
    points = next(line for line in upper.lines if line.get_marker() == "s")
    np.testing.assert_allclose(points.get_xydata(), [[0.05, 0.5], [0.35, 1 / 3], [1, 1]])
    assert [bar.get_height() for bar in lower.patches] == [2, 0, 0, 3, 0, 0, 0, 0, 0, 1]
    assert [text.get_text() for text in lower.texts] == ["2", "", "", "3", "", "", "", "", "", "1"]
    assert lower.patches[3].get_x() + lower.patches[3].get_width() / 2 == pytest.approx(0.35)
    assert upper.get_title() == "malignant\nn = 3"


def wilson(cases, n, z=1.959964):
    """Wilson, JASA 22 (1927) 209."""
    share = cases / n
    middle, half = share + z * z / (2 * n), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def test_every_point_has_its_interval():
    given = binary([0.05] * 10 + [0.95] * 4, [0] * 8 + [1] * 2 + [1, 1, 1, 0])
    upper, _ = calibration.draw(given, None).axes
    segments = upper.collections[0].get_segments()
    for segment, x, expected in zip(segments, (0.05, 0.95), (wilson(2, 10), wilson(3, 4)), strict=True):
        np.testing.assert_allclose(segment[:, 0], x)
        np.testing.assert_allclose(segment[:, 1], expected, atol=1e-5)


def test_counts_agree_with_the_points_on_rounded_probabilities(five):
    """Where rows pile up on the edges of bins."""
    rounded = scored.of(five.labels, np.round(five.probabilities, 1), five.class_names)
    axes = calibration.draw(rounded, None).axes
    for index, (upper, lower) in enumerate(zip(axes[:5], axes[5:], strict=True)):
        heights = np.array([bar.get_height() for bar in lower.patches])
        assert heights.sum() == 300
        if index == 2:
            assert [text.get_text() for text in upper.texts] == ["undefined:\nno case"]
            assert [line.get_marker() for line in upper.lines] == ["None"]
            continue
        x, y = next(line for line in upper.lines if line.get_marker() == "s").get_data()
        full = heights[heights > 0]
        assert np.dot(full, y) == pytest.approx((five.labels == index).sum())
        assert np.dot(full, x) == pytest.approx(rounded.probabilities[:, index].sum())
