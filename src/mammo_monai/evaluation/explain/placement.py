"""Maps drawn onto another image of the same film, and where in the source they are highest."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from monai.data.meta_tensor import MetaTensor
from numpy.typing import NDArray

from mammo_monai.transforms.breast_region import Box
from mammo_monai.transforms.source import box_to_source
from mammo_monai.transforms.warp import warped

SMOOTH = 64
"""The top region is looked for in a map smoothed by this part of its longest side: single pixels are no region."""


def drawn_onto(heat: MetaTensor, image: Any) -> NDArray[np.float32]:
    """A map, interpolated linearly, on the grid of an image; 0 where it does not reach or is NaN.

    Both know by their ``affine`` where they lie in the source image, so that any chain of transforms and any
    resolution of the map will do.

    Args:
        heat: (1, H, W).
        image: MetaTensor whose last two axes are rows and columns.

    Returns:
        (rows, columns).
    """
    from_image = np.linalg.inv(np.asarray(heat.affine, np.float64)) @ np.asarray(image.affine, np.float64)
    pixels = torch.nan_to_num(heat.as_tensor()[0]).float().numpy()
    return warped(pixels, from_image, tuple(image.shape[-2:]))


def top_region(heat: MetaTensor) -> Box | None:
    """Box around the highest place of a map, in whole pixels of the source image.

    It holds what is connected with the maximum and at least half as high, after smoothing.

    Args:
        heat: (1, H, W), not negative.

    Returns:
        (row_min, col_min, row_max, col_max), half-open; None for a map that is zero everywhere.
    """
    smooth = cv2.GaussianBlur(heat.as_tensor()[0].numpy(), (0, 0), max(heat.shape[1:]) / SMOOTH)
    row, col = np.unravel_index(int(smooth.argmax()), smooth.shape)
    if smooth[row, col] <= 0:
        return None
    labels = cv2.connectedComponents((smooth >= smooth[row, col] / 2).astype(np.uint8))[1]
    left, top, width, height = cv2.boundingRect((labels == labels[row, col]).astype(np.uint8))
    box = box_to_source((top, left, top + height, left + width), heat)
    return (round(box[0]), round(box[1]), round(box[2]), round(box[3]))
