"""How bright the patch is, in stored values: the only family that sees brightness and contrast as they are."""

from __future__ import annotations

from mammo_monai.classical.features import Plane
from mammo_monai.classical.features._values import shape, spread


def features(patch: Plane) -> dict[str, float]:
    """Mean, spread, shape of the histogram, and the share of exact zeros (beyond the film)."""
    return {**spread(patch, (5, 25, 50, 75, 95)), **shape(patch), "zeros": float((patch == 0).mean())}
