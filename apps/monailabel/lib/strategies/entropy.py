"""Uncertainty by entropy: the image whose class probabilities are spread widest."""

from __future__ import annotations

import math
from collections.abc import Mapping

BY_PREDICTION = True


def urgency(probabilities: Mapping[str, float], labelled: Mapping[str, int]) -> float:
    """Shannon entropy in nats: 0 for a sure prediction, log(classes) for none at all."""
    return -sum(p * math.log(p) for p in probabilities.values() if p > 0)
