"""Disorder around each pixel: Shannon's entropy of the grey values in a disc."""

from __future__ import annotations

from typing import Final

import numpy as np
from skimage.filters.rank import entropy
from skimage.morphology import disk

from mammo_monai.classical.features import Plane
from mammo_monai.classical.features._values import levels, spread

RADIUS: Final = 5
LEVELS: Final = 64


def features(patch: Plane) -> dict[str, float]:
    """Mean, spread and tails of the entropy in bits."""
    bits = entropy(levels(patch, LEVELS), disk(RADIUS))
    return spread(np.asarray(bits, np.float64), (5, 95))
