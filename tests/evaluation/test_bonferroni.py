"""What many comparisons do to the marks."""

from __future__ import annotations

import pytest
from scipy import stats

from mammo_monai.evaluation.bonferroni import survives
from mammo_monai.evaluation.estimate import Difference


def test_the_interval_is_widened_by_students_t():
    freedom, error = 29, 0.01
    half = stats.t.ppf(0.975, freedom) * error
    for total in (1, 2, 6, 20):
        edge = stats.t.ppf(1 - 0.025 / total, freedom) * error
        for value, expected in ((edge * 1.01, True), (edge * 0.99, False), (-edge * 1.01, True)):
            found = Difference(value, value - half, value + half, 60, freedom=freedom)
            assert survives(found, total) is expected


@pytest.mark.parametrize("reach", [1, 2])  # of a figure between 0 and 1, and of one between 0 and 2
@pytest.mark.parametrize(("low", "high"), [(0.01, 0.3), (-0.01, 0.3), (-0.3, -0.01), (-0.01, 0.9)])
def test_one_difference_is_beyond_noise_just_when_its_interval_leaves_0_out(low, high, reach):
    ends = [stats.logistic.ppf((end / reach + 1) / 2) for end in (low, high)]
    middle = reach * (2 * stats.logistic.cdf(sum(ends) / 2) - 1)
    found = Difference(middle, low, high, 60, freedom=29, span=(-reach, reach))
    assert survives(found, 1) is (low > 0 or high < 0)


def test_nothing_is_known_without_an_interval():
    assert survives(Difference(0.1, None, None, 9, reason="few"), 1) is None
    assert survives(Difference(None, None, None, 9, reason="few"), 1) is None
