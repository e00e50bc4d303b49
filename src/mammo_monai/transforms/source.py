"""From pixels of any later tensor to pixels of the source image and back, through MONAI's affine.

A transform that moves pixels updates ``affine``, which starts as the identity; so ``affine @ (row, col, 0, 1)``
is the pixel of the source image. Pixel centres are integers. See ``docs/decisions/003-geometry.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def box_to_source(box: Sequence[float], image: Any) -> tuple[float, ...]:
    """A half-open box (row_min, col_min, row_max, col_max) of ``image`` in pixels of the source image."""
    return _box(box, image, to_source)


def box_from_source(box: Sequence[float], image: Any) -> tuple[float, ...]:
    """The inverse of :func:`box_to_source`."""
    return _box(box, image, from_source)


def _box(box: Sequence[float], image: Any, move: Callable[[ArrayLike, Any], Points]) -> tuple[float, ...]:
    """The edge at index i lies half a pixel before its centre; mirrored corners exchange."""
    corners = np.sort(move(np.asarray(box).reshape(2, 2) - 0.5, image) + 0.5, axis=0)
    return tuple(float(edge) for edge in corners.ravel())


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
