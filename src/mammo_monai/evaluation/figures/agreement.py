"""Quadratic weighted kappa of ordered categories, BI-RADS or density (Cohen, Psychol Bull 70 (1968) 213)."""

from __future__ import annotations

import numpy as np

from mammo_monai.evaluation.figures import Figure, ratio
from mammo_monai.evaluation.scored import FloatArray, Scored
from mammo_monai.readings.kappa import ORDER


def describe(scored: Scored) -> dict[str, Figure]:
    """``quadratic_kappa`` where the classes have an order: BI-RADS 0 is no rank, nor are groups such as 045."""
    ordered = len(scored.class_names) > 2 and places(scored.class_names)
    figure = Figure("rows of, or called, two classes", len(scored), span=(-1.0, 1.0))
    return {"quadratic_kappa": figure} if ordered else {}


def values(scored: Scored, weights: FloatArray) -> dict[str, FloatArray]:
    """Kappa of (B, N) weights, NaN where chance alone would agree always."""
    rank = np.array(places(scored.class_names), dtype=np.float64)
    truth, called = rank[scored.labels], rank[scored.called]
    total = weights.sum(1)
    observed = weights @ (truth - called) ** 2
    # Expected: mean of (t - c)^2 over all pairs of a truth and a call, from the moments of each.
    squares = weights @ truth**2 + weights @ called**2
    expected = squares - 2 * ratio((weights @ truth) * (weights @ called), total)
    return {"quadratic_kappa": 1 - ratio(observed, expected)}


def places(class_names: tuple[str, ...]) -> tuple[int, ...]:
    """Rank of each class on the scale that has them all; empty where none has."""
    scales = [scale for scale in ORDER.values() if scale.keys() >= set(class_names)]
    return tuple(scales[0][name] for name in class_names) if scales else ()
