"""Kappas of weighted cases against statsmodels and scikit-learn on cases that stand there as often."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from mammo_monai.evaluation.kappa import of_many, of_two

EACH = np.eye(4)


@pytest.fixture
def drawn():
    random = np.random.default_rng(3)
    truth = random.integers(0, 4, 60)
    said = np.clip(truth[:, None] + random.integers(-1, 2, (60, 3)), 0, 3)
    return said, random.integers(0, 4, (5, 60))


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_of_two(drawn, weights):
    said, counts = drawn
    steps = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    distance = {None: 1 - EACH, "linear": steps, "quadratic": steps**2}[weights]
    found = of_two(counts.astype(float), EACH[said[:, 0]], EACH[said[:, 1]], distance)
    expected = [cohen_kappa_score(*(said[:, side].repeat(count) for side in (0, 1)), weights=weights)
                for count in counts]  # fmt: skip
    assert found == pytest.approx(expected, abs=1e-12)


def test_of_many(drawn):
    said, counts = drawn
    table = EACH[said].sum(1)
    expected = [fleiss_kappa(table.repeat(count, axis=0)) for count in counts]
    assert of_many(counts.astype(float), table) == pytest.approx(expected, abs=1e-12)


@pytest.mark.filterwarnings("error")
def test_one_label_only_is_undefined():
    same, weights = EACH[np.zeros(5, int)], np.ones((2, 5))
    assert np.isnan(of_two(weights, same, same, 1 - EACH)).all()
    assert np.isnan(of_many(weights, 3 * same)).all()
    assert np.isnan(of_many(0 * weights, 3 * same)).all()
