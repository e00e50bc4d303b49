from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.evaluation.intervals import proportion


def alone(n):
    return np.arange(n).astype(str)


def test_wilson_by_its_formula():
    z, n, p = 1.959963984540054, 50, 41 / 50
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    assert proportion.wilson(41, 50)[:2] == pytest.approx((middle - half, middle + half), rel=1e-12)


def test_none_and_all_stay_within_0_and_1():
    assert proportion.wilson(0, 5).low == pytest.approx(0, abs=1e-12)
    assert proportion.wilson(5, 5).high == pytest.approx(1)
    assert proportion.wilson(5, 5).low < 0.6
    assert np.isnan(proportion.wilson(0, 0)[:2]).all()


def test_ends_hold_the_share_exactly():
    for n in (*range(1, 200), 7.3, 196.6, 20_000):
        for hits in {0, n, n / 3, 1, n - 1} if n >= 1 else ():
            low, high, _ = proportion.wilson(hits, n)
            assert 0 <= low <= hits / n <= high <= 1


def test_ends_of_patients_hold_the_share_exactly():
    for n in range(1, 60):
        for hits in (np.zeros(2 * n, bool), np.ones(2 * n, bool)):
            low, high, _ = proportion.over_patients(hits, np.repeat(alone(n), 2))
            assert 0 <= low <= hits.mean() <= high <= 1


def test_patients_of_one_row_get_the_textbook_interval():
    hits = np.arange(50) < 41
    assert proportion.over_patients(hits, alone(50)) == proportion.wilson(41, 50)


def test_copies_of_a_row_are_worth_nothing():
    hits = np.arange(200) < 150
    once = proportion.over_patients(hits, alone(200))
    four = proportion.over_patients(np.repeat(hits, 4), np.repeat(alone(200), 4))
    assert four[:2] == pytest.approx(once[:2], abs=2e-3)
    assert "800 rows of 200 patients, worth 196.6" in four.method


def test_rows_that_are_unlike_within_a_patient_are_worth_no_more_than_independent_ones():
    hits, patients = np.tile([True, False], 40), np.repeat(alone(40), 2)
    assert proportion.effective(hits, np.repeat(np.arange(40), 2)) == 40  # no spread between patients at all
    hits[:2] = True
    assert proportion.effective(hits, np.repeat(np.arange(40), 2)) < 80
    clustered, blind = proportion.over_patients(hits, patients), proportion.wilson(int(hits.sum()), 80)
    assert clustered.high - clustered.low >= blind.high - blind.low


def test_all_right_of_three_patients_is_three_not_twelve():
    found = proportion.over_patients(np.ones(12, bool), np.repeat(alone(3), 4))
    assert found[:2] == pytest.approx(proportion.wilson(3, 3)[:2])


def test_one_patient():
    assert proportion.over_patients(np.array([True, True]), np.array(["a", "a"]))[:2] == pytest.approx(
        proportion.wilson(1, 1)[:2]
    )
    assert proportion.over_patients(np.array([True, False]), np.array(["a", "a"]))[:2] == pytest.approx(
        proportion.wilson(0.5, 1)[:2]
    )
