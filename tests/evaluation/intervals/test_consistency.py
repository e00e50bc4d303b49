from __future__ import annotations

import itertools

import numpy as np
import pytest

from mammo_monai.evaluation.intervals.consistency import FEWEST, by_chance


def test_the_range_is_that_of_all_patterns_of_signs():
    """Ten patients of two rows each: 1,024 patterns, counted out."""
    random = np.random.default_rng(0)
    parts, patients = random.normal(size=(20, 3)), np.repeat(np.arange(10), 2)
    sums = parts.reshape(10, 2, 3).sum(1)
    patterns = np.array(list(itertools.product([-1, 1], repeat=10)))
    expected = np.quantile(np.abs(patterns @ sums).sum(1), [0.025, 0.975])
    assert by_chance(parts, patients.astype(str)) == pytest.approx(tuple(expected), abs=0.35)


def test_rows_that_a_patient_shares_do_not_cancel():
    """Four equal rows of each of 50 patients reach twice as far as 200 rows of 200 patients."""
    parts = np.repeat(np.random.default_rng(1).normal(size=(50, 1)), 4, axis=0)
    women = by_chance(parts, np.repeat(np.arange(50), 4).astype(str))
    rows = by_chance(parts, np.arange(200).astype(str))
    assert women[1] / rows[1] == pytest.approx(2, rel=0.1)


def test_too_few_patients_have_no_range():
    parts = np.ones((FEWEST, 1))
    assert by_chance(parts, np.arange(FEWEST).astype(str)) is not None
    assert by_chance(parts[1:], np.arange(FEWEST - 1).astype(str)) is None
