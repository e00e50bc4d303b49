"""Uncertainty by margin: the image whose two most probable classes lie closest together."""

from __future__ import annotations

from collections.abc import Mapping

BY_PREDICTION = True


def urgency(probabilities: Mapping[str, float], labelled: Mapping[str, int]) -> float:
    """Minus the difference of the two highest probabilities: 0 for a tie, -1 for a sure prediction."""
    first, second = sorted(probabilities.values(), reverse=True)[:2]
    return second - first
