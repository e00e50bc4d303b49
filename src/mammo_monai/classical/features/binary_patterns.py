"""Local binary patterns: T. Ojala et al., "Multiresolution Gray-Scale and Rotation Invariant Texture", PAMI 2002."""

from __future__ import annotations

from typing import Final

import numpy as np
from skimage.feature import local_binary_pattern

from mammo_monai.classical.features import Plane
from mammo_monai.classical.features._values import levels

CIRCLES: Final = ((8, 1), (16, 3))
"""Points and radius in pixels."""


def features(patch: Plane) -> dict[str, float]:
    """Histograms of the uniform, rotation-invariant patterns."""
    grey = levels(patch, 256)
    found: dict[str, float] = {}
    for points, radius in CIRCLES:
        codes = local_binary_pattern(grey, points, radius, "uniform").astype(int)
        shares = np.bincount(codes.ravel(), minlength=points + 2) / codes.size
        found |= {f"r{radius}_{code}": float(share) for code, share in enumerate(shares)}
    return found
