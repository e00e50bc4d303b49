"""A finding with the tissue around it: one square per finding.

After T. Ao and B. Zhang, "Mammography Classification Using Deep Learning Methods", section 3.1 (masses of CBIS-DDSM
with "some paddings" around their square box): twice the finding's longer side, or a fixed pad on every side. Square, so
that a resize to the network's input does not squash the finding; centred on it, also where that passes the image.
They cut 4,725 patches of 1,696 masses and do not say how; ``around`` cuts more than one of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from mammo_monai.datasets.patches.boxes import Box, Size, centre, extent, square
from mammo_monai.datasets.patches.policies import Option

OPTIONS: Final = {
    "scale": Option(None, 1.0, 20.0),  # 2 unless there is a pad, then 1
    "pad": Option(None, 0, 4096),
    "smallest": Option(64, 1, 4096),
    "around": Option(0, 0, 1000),
}


def of_finding(
    region: Box,
    image: Size | None,
    rng: np.random.Generator,
    *,
    scale: float | None,
    pad: int | None,
    smallest: int,
    around: int,
) -> Iterator[tuple[Box, list[str]]]:
    """A square of ``scale`` times the longer side of ``region`` and ``pad`` pixels more on every side.

    Its side is at least ``smallest`` pixels ("grown") and at most the longer side of the image ("larger-than-image").
    There are ``around`` more of them, each shifted by up to a quarter of its side.
    """
    times = scale or (1.0 if pad else 2.0)
    wanted = round(times * max(extent(region))) + 2 * (pad or 0)
    most = max(image) if image else wanted
    side = min(max(wanted, smallest), max(most, smallest))
    codes = ["grown"] if wanted < smallest else ["larger-than-image"] if wanted > most else []
    top, left, bottom, right = square(centre(region), side)
    for down, along in [(0, 0), *rng.integers(-(side // 4), side // 4, (around, 2), endpoint=True).tolist()]:
        yield (top + down, left + along, bottom + down, right + along), codes
