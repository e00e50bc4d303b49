"""The outline a reader would draw around a lesion whose box is known."""

from __future__ import annotations

_CUT = 0.3  # share of a side that each corner takes away


def octagon(box: tuple[int, int, int, int]) -> list[tuple[float, float]]:
    """Eight corners (x, y), clockwise, that touch every side of the half-open ``box`` (xmin, ymin, xmax, ymax)."""
    left, top, right, bottom = box
    dx, dy = _CUT * (right - left), _CUT * (bottom - top)
    return [
        (left + dx, top),
        (right - dx, top),
        (right, top + dy),
        (right, bottom - dy),
        (right - dx, bottom),
        (left + dx, bottom),
        (left, bottom - dy),
        (left, top + dy),
    ]
