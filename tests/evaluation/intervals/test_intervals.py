from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.evaluation.intervals import around, quantile


def test_quantiles_of_students_table():
    assert [quantile(n) for n in (1, 10, np.inf)] == pytest.approx([12.706, 2.228, 1.960], abs=5e-4)
    assert quantile(10, 0.99) == pytest.approx(3.169, abs=5e-4)
    assert np.isnan(quantile(0))


def test_the_interval_is_symmetric_in_the_logit():
    low, high = around(0.9, 0.03, np.inf)
    logit = np.log(np.array([low, 0.9, high]) / (1 - np.array([low, 0.9, high])))
    assert np.diff(logit) == pytest.approx(np.full(2, 1.959964 * 0.03 / 0.09), rel=1e-6)
    assert high < 1


def test_a_difference_has_a_span_of_its_own():
    low, high = around(0.0, 0.1, np.inf, (-1.0, 1.0))
    assert low == pytest.approx(-high)
    assert high == pytest.approx(np.tanh(1.959964 * 0.1), rel=1e-6)  # Fisher's z


@pytest.mark.parametrize(
    "value, error, freedom", [(1.0, 0.1, 9), (0.0, 0.1, 9), (0.5, 0.0, 9), (0.5, np.nan, 9), (1 / 3, 1e-16, 9)]
)
def test_no_interval_at_an_end_or_without_spread(value, error, freedom):
    assert np.isnan(around(value, error, freedom)).all()


def test_no_interval_of_one_patient():
    assert np.isnan(around(0.5, 0.1, 0)).all()
