"""How strong and how aligned the edges are: one histogram of oriented gradients (Dalal and Triggs, CVPR 2005)."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from mammo_monai.classical.features import Plane
from mammo_monai.classical.features._values import spread, stretched

SIGMAS: Final = (1, 4)
"""Pixels of smoothing before the gradient."""
ORIENTATIONS: Final = 8


def features(patch: Plane) -> dict[str, float]:
    """Per scale: magnitudes, and of the histogram (weighted by them) what does not depend on the patch's rotation."""
    found: dict[str, float] = {}
    unit = stretched(patch)
    for sigma in SIGMAS:
        smooth = cv2.GaussianBlur(unit, (0, 0), sigma)
        down, along = np.gradient(smooth)
        size = np.hypot(down, along)
        bins = (np.arctan2(down, along) % np.pi / np.pi * ORIENTATIONS).astype(int) % ORIENTATIONS
        held = np.bincount(bins.ravel(), size.ravel(), ORIENTATIONS)
        shares = held / max(held.sum(), 1e-12)
        found |= {f"s{sigma}_{name}": x for name, x in spread(size, (50, 90, 99)).items()}
        found[f"s{sigma}_orientation_entropy"] = float(-(shares * np.log2(np.maximum(shares, 1e-12))).sum())
        found[f"s{sigma}_orientation_peak"] = float(shares.max())
    return found
