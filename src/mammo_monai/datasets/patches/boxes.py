"""Boxes in whole pixels: (row_min, col_min, row_max, col_max), half-open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

Box: TypeAlias = tuple[int, int, int, int]
Size: TypeAlias = tuple[int, int]
"""(rows, columns)."""
Point: TypeAlias = tuple[float, float]
"""(row, column); pixel i reaches from i to i + 1."""


def around(edges: Sequence[float]) -> Box:
    """The smallest box of whole pixels around ``edges``, at least one pixel wide and high."""
    top, left = math.floor(edges[0]), math.floor(edges[1])
    return top, left, max(top + 1, math.ceil(edges[2])), max(left + 1, math.ceil(edges[3]))


def square(centre: Point, side: int) -> Box:
    """The square with its centre at ``centre``, within half a pixel."""
    top, left = (math.floor(middle - side / 2 + 0.5) for middle in centre)
    return top, left, top + side, left + side


def extent(box: Box) -> Size:
    """Rows and columns."""
    return box[2] - box[0], box[3] - box[1]


def centre(box: Box) -> Point:
    """The middle."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def holds(box: Box, point: Point) -> bool:
    """Whether the point lies in the box."""
    return box[0] <= point[0] < box[2] and box[1] <= point[1] < box[3]


def clipped(box: Box, other: Box) -> Box | None:
    """What two boxes have in common; None for nothing."""
    common = max(box[0], other[0]), max(box[1], other[1]), min(box[2], other[2]), min(box[3], other[3])
    return common if common[0] < common[2] and common[1] < common[3] else None
