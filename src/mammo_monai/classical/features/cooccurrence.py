"""Grey-level co-occurrence: R. Haralick et al., "Textural Features for Image Classification", IEEE Trans. SMC 1973."""

from __future__ import annotations

from typing import Final

import numpy as np
from skimage.feature import graycomatrix, graycoprops

from mammo_monai.classical.features import Plane
from mammo_monai.classical.features._values import levels

LEVELS: Final = 32
DISTANCES: Final = (1, 2, 4, 8)
ANGLES: Final = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
PROPERTIES: Final = ("contrast", "homogeneity", "ASM", "correlation")


def features(patch: Plane) -> dict[str, float]:
    """Haralick's properties at each distance: mean over the angles (a lesion has no up), and their range."""
    matrix = graycomatrix(levels(patch, LEVELS), DISTANCES, ANGLES, LEVELS, symmetric=True, normed=True)
    found = {}
    for name in PROPERTIES:
        values = graycoprops(matrix, name)
        for distance, over_angles in zip(DISTANCES, values, strict=True):
            found[f"{name}_{distance}"] = float(over_angles.mean())
            found[f"{name}_{distance}_range"] = float(np.ptp(over_angles))
    return found
