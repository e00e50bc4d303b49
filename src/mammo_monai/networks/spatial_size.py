"""Which image sizes a network takes."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence

from mammo_monai.errors import MammoError

Shape = tuple[int, int, int]
_LARGEST_MINIMUM = 1024


def pair(size: int | Sequence[int]) -> tuple[int, int]:
    """(rows, columns) of a ``spatial_size``, which may be one number for both.

    Raises:
        MammoError: reason ``spatial-size``.
    """
    sides = tuple(size) if isinstance(size, Sequence) else (size, size)
    if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        raise MammoError(
            f"spatial_size is {size!r}; give rows and columns, for example 512 or [512, 512]", "spatial-size"
        )
    return sides


def map_shape(shape_at: Callable[[int, int], Shape], size: int | Sequence[int]) -> Shape:
    """(channels, rows, columns) of a network's last feature map.

    Args:
        shape_at: gives it for an image's rows and columns, with a 0 where the image is too small to pass.
        size: of the image, see :func:`pair`.

    Raises:
        MammoError: reason ``spatial-size``: malformed, or too small; the least size is named.
    """
    rows, cols = pair(size)
    shape = shape_at(rows, cols)
    if 0 in shape:
        sides = range(1, _LARGEST_MINIMUM)
        least = sides[bisect.bisect_left(sides, True, key=lambda side: 0 not in shape_at(side, side))]
        raise MammoError(
            f"spatial_size {rows}x{cols} is too small for this network; rows and columns must be {least} or more",
            "spatial-size",
        )
    return shape
