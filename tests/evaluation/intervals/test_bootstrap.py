from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from mammo_monai.evaluation.intervals.bootstrap import draws, signs


def test_every_replicate_draws_as_many_patients_as_there_are():
    patients = np.array(["b", "a", "b", "c", "b", "a"])
    weights = np.concatenate(list(draws(patients, 500, 1)))
    assert weights.shape == (500, 6)
    by_patient = weights[:, [1, 0, 3]]
    assert (by_patient.sum(1) == 3).all()
    for i, j in [(0, 2), (0, 4), (1, 5)]:
        assert np.array_equal(weights[:, i], weights[:, j])  # all rows of a patient or none


def test_patients_are_drawn_with_the_moments_of_a_multinomial():
    weights = np.concatenate(list(draws(np.arange(20).astype(str), 20000, 2)))
    assert weights.mean(0) == pytest.approx(np.ones(20), abs=0.04)
    assert weights.var(0) == pytest.approx(np.full(20, 19 / 20), abs=0.05)
    covariance = np.cov(weights.T)
    assert covariance[np.triu_indices(20, 1)].mean() == pytest.approx(-1 / 20, abs=0.005)


def test_seed_and_patients_decide_the_draws_not_the_order_of_the_rows():
    patients = np.repeat(np.arange(9).astype(str), 2)
    first = np.concatenate(list(draws(patients, 50, 7)))
    assert np.array_equal(first, np.concatenate(list(draws(patients, 50, 7))))
    assert not np.array_equal(first, np.concatenate(list(draws(patients, 50, 8))))
    order = np.random.default_rng(0).permutation(18)
    assert np.array_equal(first[:, order], np.concatenate(list(draws(patients[order], 50, 7))))


def test_signs_are_those_of_patients_and_of_no_row():
    patients = np.array(["b", "a", "b", "c", "b", "a"])
    drawn = np.concatenate(list(signs(patients, 4000, 1)))
    assert drawn.shape == (4000, 6) and set(np.unique(drawn)) == {-1, 1}
    assert np.array_equal(drawn[:, 0], drawn[:, 2]) and np.array_equal(drawn[:, 1], drawn[:, 5])
    assert np.cov(drawn[:, [0, 1, 3]].T) == pytest.approx(np.eye(3), abs=0.06)
    assert np.array_equal(drawn, np.concatenate(list(signs(patients, 4000, 1))))


def test_twenty_thousand_rows_need_little_memory():
    patients = np.repeat(np.arange(5000), 4).astype(str)
    tracemalloc.start()
    total = sum(len(weights) for weights in draws(patients, 300))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 300
    assert peak < 60e6  # all weights at once were 48 MB for these, and 320 MB for 2,000
