"""Windows of the breast that touch no finding.

After C. Kim, "Abnormality Detection in Mammography using Deep Learning": "randomly extracted from within the breast
image area". Every place of the breast is as likely; windows of one image lie at least a quarter of their side apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.datasets.patches.boxes import Box
from mammo_monai.datasets.patches.policies import Option
from mammo_monai.datasets.patches.scenes import Breast, Scene

OPTIONS: Final = {
    "size": Option(256, 8, 4096),
    "inside": Option(0.9, 0.0, 1.0),
}


def of_image(scene: Scene, rng: np.random.Generator, *, size: int, inside: float) -> Iterator[Box]:
    """Windows of ``size`` x ``size`` pixels in random order, until there is no room for another.

    Args:
        scene: with its size, its breast and the places of its findings.
        rng: draws.
        size: pixels of a side; the whole window lies in the image.
        inside: share of the window that has to be breast.
    """
    if scene.size is None or scene.breast is None:
        return
    stride = scene.breast.stride
    rows, cols = (np.arange(0, max(0, whole - size + 1), stride) for whole in scene.size)
    free = _share(scene.breast, rows, cols, size) >= inside
    for region, _ in scene.places:
        if region is not None:
            free &= ~np.outer(_meets(rows, size, region[0], region[2]), _meets(cols, size, region[1], region[3]))
    apart = max(1, -(-size // (4 * stride)))
    for flat in rng.permutation(np.flatnonzero(free)):
        i, j = divmod(int(flat), len(cols))
        if free[i, j]:
            free[max(0, i - apart + 1) : i + apart, max(0, j - apart + 1) : j + apart] = False
            row, col = int(rows[i]), int(cols[j])
            yield row, col, row + size, col + size


def _share(breast: Breast, rows: NDArray[np.int_], cols: NDArray[np.int_], size: int) -> NDArray[np.float64]:
    """Share of breast in the windows that begin at ``rows`` x ``cols``, by an integral image."""
    total = cv2.integral(breast.mask.view(np.uint8))
    above, below = (np.minimum(edge, breast.size[0]) for edge in _span(rows, size, breast.stride))
    before, after = (np.minimum(edge, breast.size[1]) for edge in _span(cols, size, breast.stride))
    held = total[np.ix_(below, after)] - total[np.ix_(above, after)]
    held = held - total[np.ix_(below, before)] + total[np.ix_(above, before)]
    return held / np.maximum(np.outer(below - above, after - before), 1)


def _span(starts: NDArray[np.int_], size: int, stride: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """First and last (exclusive) thumbnail pixel of each window."""
    return starts // stride, -(-(starts + size) // stride)


def _meets(starts: NDArray[np.int_], size: int, low: int, high: int) -> NDArray[np.bool_]:
    return (starts < high) & (starts + size > low)
