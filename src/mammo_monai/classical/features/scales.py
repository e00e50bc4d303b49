"""Where the texture's energy is: bands between Gaussians, from the size of a calcification to that of a mass."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from mammo_monai.classical.features import Plane
from mammo_monai.classical.features._values import shape, stretched

SIGMAS: Final = (0.7, 1.4, 2.8, 5.6, 11.2, 22.4)
"""Pixels; a band holds blobs of a radius of about 1.4 times its sigma."""


def features(patch: Plane) -> dict[str, float]:
    """Of each band: standard deviation, its share of all, and skewness and kurtosis (few bright grains have both)."""
    unit = stretched(patch)
    smooth = [cv2.GaussianBlur(unit, (0, 0), sigma) for sigma in SIGMAS]
    bands = [fine - coarse for fine, coarse in pairwise(smooth)]
    energies = np.array([float((band**2).mean()) for band in bands])
    found = {}
    for sigma, band, energy in zip(SIGMAS, bands, energies, strict=False):
        found[f"s{sigma}_sd"] = float(np.sqrt(energy))
        found[f"s{sigma}_share"] = float(energy / max(energies.sum(), 1e-12))
        found |= {f"s{sigma}_{name}": x for name, x in shape(band).items()}
    return found
