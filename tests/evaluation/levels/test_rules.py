"""Rules against the formulas written out, and against what every rule promises."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.levels import rules

RULES = ("max", "mean", "most_suspicious", "noisy_or")


def distribution(classes: int) -> st.SearchStrategy[list[float]]:
    weight = st.floats(0, 1, allow_subnormal=False)
    return (
        st.lists(weight, min_size=classes, max_size=classes)
        .filter(lambda p: sum(p) > 1e-3)
        .map(lambda p: [x / sum(p) for x in p])
    )


views = st.integers(2, 5).flatmap(lambda classes: st.lists(distribution(classes), min_size=1, max_size=6))


def test_the_rules_that_are_named() -> None:
    assert rules.names() == sorted(RULES)
    with pytest.raises(MammoError, match="no rule 'median' to pool views; choose one of max, mean"):
        rules.load("median")
    with pytest.raises(MammoError):
        rules.load("__init__")


@pytest.mark.parametrize("name", RULES)
@given(drawn=views, seed=st.integers(0, 99))
def test_a_distribution_whatever_the_order_of_the_views(name: str, drawn: list[list[float]], seed: int) -> None:
    rule, p = rules.load(name), np.array(drawn)
    result = rule(p)
    assert result.min() >= 0 and result.sum() == pytest.approx(1)
    shuffled = np.random.default_rng(seed).permutation(p)
    assert rule(shuffled) == pytest.approx(result, abs=1e-12)
    assert rule(p[:1]) == pytest.approx(p[0], abs=1e-12)


@pytest.mark.parametrize("name", RULES)
@given(drawn=views)
def test_between_the_views_or_above_them(name: str, drawn: list[list[float]]) -> None:
    """The mean lies between the views; the other rules are as suspicious as the most suspicious view at least."""
    p = np.array(drawn)
    worse = p[:, ::-1].cumsum(1)  # P(the k worst classes)
    result = rules.load(name)(p)[::-1].cumsum()
    lower = worse.max(0) if name in ("max", "noisy_or") else worse.min(0)
    assert (result >= lower - 1e-9).all()
    assert name == "noisy_or" or (result <= worse.max(0) + 1e-9).all()
    if name == "most_suspicious":
        assert result[0] == pytest.approx(worse[:, 0].max())


def test_two_classes_are_the_usual_formulas() -> None:
    p = np.array([0.1, 0.6, 0.3])
    two = np.stack([1 - p, p], axis=1)
    expected = {
        "max": max(p),
        "mean": sum(p) / 3,
        "most_suspicious": max(p),
        "noisy_or": 1 - (1 - 0.1) * (1 - 0.6) * (1 - 0.3),
    }
    for name, value in expected.items():
        assert rules.load(name)(two) == pytest.approx([1 - value, value])


def test_noisy_or_is_the_worst_of_independent_views() -> None:
    """By enumerating every combination of classes of three views."""
    p = np.random.default_rng(3).dirichlet(np.ones(3), 3)
    expected = [0.0, 0.0, 0.0]
    for classes in itertools.product(range(3), repeat=3):
        expected[max(classes)] += math.prod(p[view, c] for view, c in enumerate(classes))
    assert rules.load("noisy_or")(p) == pytest.approx(expected)


def test_max_is_the_worst_of_views_that_go_together() -> None:
    """By simulation: one uniform number decides the class of every view, and the worst counts."""
    p = np.array([[0.5, 0.3, 0.2], [0.2, 0.7, 0.1]])
    u = (np.arange(100_000) + 0.5) / 100_000
    worst = np.max([np.searchsorted(view.cumsum()[:2], u) for view in p], axis=0)
    assert rules.load("max")(p) == pytest.approx(np.bincount(worst) / len(u), abs=1e-4)
    assert rules.load("max")(p) == pytest.approx([0.2, 0.6, 0.2])


def test_a_certainly_normal_view_does_not_hide_a_cancer() -> None:
    views = np.array([[1.0, 0.0, 0.0], [0.1, 0.2, 0.7]])
    for name in ("max", "most_suspicious", "noisy_or"):
        assert rules.load(name)(views) == pytest.approx([0.1, 0.2, 0.7])
    assert rules.load("mean")(views) == pytest.approx([0.55, 0.1, 0.35])


def test_ties_are_decided_by_the_next_class() -> None:
    views = np.array([[0.3, 0.2, 0.5], [0.1, 0.4, 0.5], [0.2, 0.3, 0.5]])
    assert rules.load("most_suspicious")(views) == pytest.approx([0.1, 0.4, 0.5])
