"""A random forest, every class of equal weight in every tree."""

from __future__ import annotations

from typing import Any, Final

from sklearn.ensemble import RandomForestClassifier

GRID: Final = {"min_samples_leaf": (1, 3, 10)}


def make(seed: int) -> Any:
    """300 trees on all cores; the order in which these end changes the last bits of a probability and no more."""
    return RandomForestClassifier(300, class_weight="balanced_subsample", random_state=seed, n_jobs=-1)
