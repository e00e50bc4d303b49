"""One affine map of a plane of pixels, by OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def warped(
    plane: NDArray[Any], affine: NDArray[np.float64], size: tuple[int, int], border: int = cv2.BORDER_CONSTANT
) -> NDArray[Any]:
    """The plane seen through a map, interpolated linearly.

    Args:
        plane: (rows, columns), float32 or an integer type that OpenCV interpolates.
        affine: (4, 4) as MONAI has it: pixel (row, column) of ``plane`` under each pixel of the result.
        size: rows and columns of the result.
        border: what lies beyond the edge, OpenCV's ``BorderTypes``; zeros unless said.

    Returns:
        ``size``, of the plane's type.
    """
    # OpenCV counts columns first.
    matrix = np.array([[affine[i, j] for j in (1, 0, 3)] for i in (1, 0)])
    return cv2.warpAffine(plane, matrix, size[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=border)
