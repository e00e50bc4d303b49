"""From pixels of any later tensor to pixels of the source image and back, through MONAI's affine.

A transform that moves pixels updates ``affine``, which starts as the identity; so ``affine @ (row, col, 0, 1)``
is the pixel of the source image. Pixel centres are integers. See ``docs/decisions/003-geometry.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mammo_monai.errors import MammoError

Points = NDArray[np.float64]


def to_source(points: ArrayLike, image: Any) -> Points:
    """Pixels of the source image under pixels of ``image``.

    Args:
        points: (N, 2) rows and columns, fractions allowed.
        image: the MetaTensor they were found in, or its ``meta``.

    Returns:
        (N, 2) rows and columns in the source image.

    Raises:
        MammoError: reason ``no-geometry``, when ``image`` carries no affine.
    """
    matrix, shift = _affine(image)
    return _pairs(points) @ matrix.T + shift


def from_source(points: ArrayLike, image: Any) -> Points:
    """The inverse of :func:`to_source`: where pixels of the source image lie in ``image``."""
    matrix, shift = _affine(image)
    return (_pairs(points) - shift) @ np.linalg.inv(matrix).T


def _pairs(points: ArrayLike) -> Points:
    return np.asarray(points, np.float64).reshape(-1, 2)


def _affine(image: Any) -> tuple[Points, Points]:
    meta = image if isinstance(image, Mapping) else getattr(image, "meta", {})
    if "affine" not in meta:
        raise MammoError(
            "no affine to map pixels to the source image; expected a MetaTensor or its meta, got a plain "
            f"{type(image).__name__}: load it with LoadImaged",
            reason="no-geometry",
        )
    affine = np.asarray(meta["affine"], np.float64)
    return affine[:2, :2], affine[:2, -1]
