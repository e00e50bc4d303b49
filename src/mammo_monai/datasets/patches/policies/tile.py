"""Tiles of one size at a finding's centre and around it; a finding larger than a tile is covered with tiles.

After C. Kim, "Abnormality Detection in Mammography using Deep Learning": 256x256 pixels "from the center and around the
center" of the region, multiple patches "with a stride of 128" where it is larger than that. How many lie around the
centre the text does not say: four here, each shifted by up to a quarter of a tile, so that the centre stays inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from mammo_monai.datasets.patches.boxes import Box, Size, centre, clipped, extent, square
from mammo_monai.datasets.patches.policies import Option

OPTIONS: Final = {
    "size": Option(256, 8, 4096),
    "stride": Option(128, 8, 4096),
    "around": Option(4, 0, 1000),
}


def of_finding(
    region: Box, image: Size | None, rng: np.random.Generator, *, size: int, stride: int, around: int
) -> Iterator[tuple[Box, list[str]]]:
    """A centred tile and ``around`` shifted ones; or, over a larger region, tiles every ``stride`` pixels."""
    if max(extent(region)) > size and image:
        region = clipped(region, (0, 0, *image)) or region  # or a tile might hold no pixel of the image
    top, left = square(centre(region), size)[:2]
    if max(extent(region)) <= size:
        shifts = rng.integers(-(size // 4), size // 4, (around, 2), endpoint=True)
        starts = [(top, left), *((top + int(down), left + int(right)) for down, right in shifts)]
    else:
        rows = _starts(region[0], region[2], top, size, stride)
        cols = _starts(region[1], region[3], left, size, stride)
        starts = [(row, col) for row in rows for col in cols]
    for row, col in starts:
        yield (row, col, row + size, col + size), []


def _starts(low: int, high: int, centred: int, size: int, stride: int) -> Sequence[int]:
    """Where tiles begin along one axis: every ``stride`` and flush with the end, or centred where one is enough."""
    return [*range(low, high - size, stride), high - size] if high - low > size else [centred]
