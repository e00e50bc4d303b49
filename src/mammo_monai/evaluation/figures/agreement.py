"""Quadratic weighted kappa of ordered categories, BI-RADS or density."""

from __future__ import annotations

import numpy as np

from mammo_monai.evaluation import kappa
from mammo_monai.evaluation.figures import Figure
from mammo_monai.evaluation.scored import FloatArray, Scored
from mammo_monai.readings.order import ORDER, squares


def describe(scored: Scored) -> dict[str, Figure]:
    """``quadratic_kappa`` where the classes have an order: BI-RADS 0 is no rank, nor are groups such as 045."""
    ordered = len(scored.class_names) > 2 and places(scored.class_names)
    figure = Figure("rows of, or called, two classes", len(scored), span=(-1.0, 1.0))
    return {"quadratic_kappa": figure} if ordered else {}


def values(scored: Scored, weights: FloatArray) -> dict[str, FloatArray]:
    """Kappa of (B, N) weights, NaN where chance alone would agree always."""
    each, distance = np.eye(len(scored.class_names)), squares(places(scored.class_names))
    return {"quadratic_kappa": kappa.of_two(weights, each[scored.labels], each[scored.called], distance)}


def places(class_names: tuple[str, ...]) -> tuple[int, ...]:
    """Rank of each class on the scale that has them all; empty where none has."""
    scales = [scale for scale in ORDER.values() if scale.keys() >= set(class_names)]
    return tuple(scales[0][name] for name in class_names) if scales else ()
