"""Where a finding is: one box, whatever shape the data set gives it."""

from __future__ import annotations

import math
from pathlib import Path

from mammo_monai.datasets.cbis import masks
from mammo_monai.datasets.patches.boxes import Box, Size, around, centre, clipped, extent, holds
from mammo_monai.datasets.records import Finding

FURTHEST = 1e9
"""Pixels; a coordinate beyond it is a mistake."""


def located(finding: Finding, root: Path, size: Size | None) -> tuple[Box | None, str | None]:
    """The box around a finding, from its box, circle, outline or mask, the first it has.

    It may pass the image, so that a patch is centred where the data set says. Only a finding larger than the image, or
    with its centre outside, is clipped to the image.

    Args:
        finding: in pixels of the source image.
        root: folder its mask is relative to.
        size: of the image; None when unknown, then nothing is clipped and a mask cannot be used.

    Returns:
        the box or None, and the code of what was done or is wrong, see :mod:`mammo_monai.datasets.patches`.
    """
    edges, code = _edges(finding, root, size)
    if edges is None:
        return None, code
    if not all(math.isfinite(edge) and abs(edge) < FURTHEST for edge in edges) or not (
        edges[0] <= edges[2] and edges[1] <= edges[3]
    ):
        return None, "bad-coordinates"
    box = around(edges)
    if size is None:
        return box, code
    image = (0, 0, *size)
    inside = clipped(box, image)
    if inside is None:
        return None, "off-image"
    if any(side > whole for side, whole in zip(extent(box), size, strict=True)):
        return inside, "larger-than-image"
    if not holds(image, centre(box)):
        return inside, "centre-off-image"
    return box, code


def _edges(
    finding: Finding, root: Path, size: Size | None
) -> tuple[tuple[float, float, float, float] | None, str | None]:
    if finding.box:
        return finding.box, None
    if finding.circle:
        row, col, radius = finding.circle
        return (row - radius, col - radius, row + radius, col + radius), None
    if finding.outline:
        rows, cols = zip(*finding.outline, strict=True)
        return (min(rows), min(cols), max(rows), max(cols)), None
    if finding.mask:
        return masks.box(root / finding.mask, size)
    return None, "no-coordinates"
