"""A patch from its centre outwards, for a finding that lies there: its contrast, its border, its spicules.

Spicules run along the radius and a smooth border across it; the angle between gradient and radius tells them apart,
after N. Karssemeijer and G. te Brake, "Detection of Stellate Distortions in Mammograms", IEEE Trans. Med. Imaging 1996.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from mammo_monai.classical.features import Plane
from mammo_monai.classical.features._values import stretched

EDGES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the rings, as fractions of half the shorter side."""
SMOOTH: Final = 1 / 112
"""Sigma before the gradient, as a fraction of the shorter side."""


def features(patch: Plane) -> dict[str, float]:
    """Of each ring: brightness and spread, mean gradient towards the centre, and how far gradients point there."""
    unit = stretched(patch)
    rows, cols = unit.shape
    y, x = (np.arange(n, dtype=np.float32) - (n - 1) / 2 for n in (rows, cols))
    distance = np.hypot(y[:, None], x[None, :]) + 1e-6
    down, along = np.gradient(cv2.GaussianBlur(unit, (0, 0), SMOOTH * min(rows, cols)))
    inwards = -(down * y[:, None] + along * x[None, :]) / distance * min(rows, cols)
    size = np.hypot(down, along) * min(rows, cols)
    found = {}
    for i, (low, high) in enumerate(pairwise(EDGES)):
        ring = (distance >= low * min(rows, cols) / 2) & (distance < high * min(rows, cols) / 2)
        strength = max(float(size[ring].sum()), 1e-12)
        found[f"{i}_mean"] = float(unit[ring].mean())
        found[f"{i}_sd"] = float(unit[ring].std())
        found[f"{i}_inwards"] = float(inwards[ring].mean())
        found[f"{i}_alignment"] = float(inwards[ring].sum()) / strength
        found[f"{i}_radial"] = float(np.abs(inwards[ring]).sum()) / strength
    found["contrast"] = found["0_mean"] - found[f"{len(EDGES) - 2}_mean"]
    return found
