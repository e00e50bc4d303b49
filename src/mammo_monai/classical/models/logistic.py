"""Logistic regression on standardised features, every class of equal weight."""

from __future__ import annotations

from typing import Any, Final

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

GRID: Final = {"logisticregression__C": (1e-4, 1e-3, 1e-2, 1e-1, 1.0)}


def make(seed: int) -> Any:
    """L2-regularised; a smaller C more strongly."""
    return make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=5000, random_state=seed)
    )
