"""Take the finest noise out of mammograms with a Gaussian filter."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import cv2
import numpy as np
import torch
from monai.config.type_definitions import KeysCollection
from monai.data.meta_tensor import MetaTensor
from monai.transforms.transform import MapTransform, Transform
from monai.transforms.utils import TransformBackends

from mammo_monai.errors import MammoError
from mammo_monai.transforms.located_breast import as_meta_tensor

REACH = 4
"""Standard deviations after which the kernel ends."""
_EXACT = (np.uint16, np.int16, np.float32)
"""Types that OpenCV filters as they are; all others are filtered as float32."""


class Smooth(Transform):
    """Filter an image with a Gaussian; beyond its edges the image is mirrored.

    Pixels keep their place and type, integers are rounded. Source: seed 004 (George et al.), sigma 0.5.

    Args:
        sigma: standard deviation in pixels of the image this acts on; 0 leaves images as they are.
    """

    backend = (TransformBackends.NUMPY,)

    def __init__(self, sigma: float = 0.5) -> None:
        if isinstance(sigma, bool) or not isinstance(sigma, int | float) or not 0 <= sigma < np.inf:
            raise MammoError(f"Smooth(sigma={sigma!r}): expected 0 or a positive number of pixels", reason="bad-option")
        self.sigma = float(sigma)

    def __call__(self, img: Any) -> torch.Tensor:
        """Filter one (channel, row, column) array, tensor or MetaTensor."""
        image = as_meta_tensor(img)
        if self.sigma == 0:
            return image
        pixels = image.as_tensor().detach().cpu().numpy()
        planes = pixels if pixels.dtype in _EXACT else pixels.astype(np.float32)
        width = 2 * round(REACH * self.sigma) + 1
        smooth = np.stack(
            [cv2.GaussianBlur(plane, (width, width), self.sigma, borderType=cv2.BORDER_REFLECT) for plane in planes]
        )
        if smooth.dtype != pixels.dtype:
            smooth = (np.rint(smooth) if pixels.dtype.kind in "iu" else smooth).astype(pixels.dtype)
        filtered = torch.from_numpy(smooth).to(image.device)
        return MetaTensor(filtered, meta=image.meta, applied_operations=image.applied_operations)


class Smoothd(MapTransform):
    """Dictionary wrapper of :class:`Smooth`.

    Args:
        keys: images to filter.
        sigma: see :class:`Smooth`.
        allow_missing_keys: whether a key may be absent.
    """

    backend = Smooth.backend

    def __init__(self, keys: KeysCollection, sigma: float = 0.5, allow_missing_keys: bool = False) -> None:
        super().__init__(keys, allow_missing_keys)
        self.smoother = Smooth(sigma)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Filter the entries of one item."""
        d = dict(data)
        for key in self.key_iterator(d):
            d[key] = self.smoother(d[key])
        return d
