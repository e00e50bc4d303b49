"""Spread the grey levels of the breast over the whole range, in one piece or tile by tile."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Literal, get_args

import cv2
import numpy as np
import torch
from monai.config.type_definitions import KeysCollection
from monai.data.meta_tensor import MetaTensor
from monai.transforms.transform import MapTransform, Transform
from monai.transforms.utils import TransformBackends
from numpy.typing import NDArray

from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import find_breast
from mammo_monai.transforms.located_breast import as_meta_tensor

Method = Literal["none", "histogram", "clahe"]
LEVELS = 65_536
"""Grey levels between the darkest and the brightest of the breast, and of the result."""
DARKEST = 1
"""Percent of the breast's pixels that count as dark as air, since the breast's mask reaches into it a little."""


class Equalise(Transform):
    """Histogram equalisation of the breast; air has no say in it.

    Two thirds of a film may be air, and an ordinary equalisation would give two thirds of the grey levels to its
    grain. Here grey levels are counted from the first percentile of the breast to its brightest pixel (what is darker,
    air, becomes 0; what is brighter, labels, the maximum), and the histogram is that of the breast (see
    :func:`~mammo_monai.transforms.breast_region.find_breast`; of every pixel where none stands out, as in a patch).
    The result is uint16, 0 to 65535. Pixels keep their place, so there is nothing for an inverse to do.

    Args:
        by: "none" leaves images as they are; "histogram" gives each pixel the share of the breast that is no
            brighter; "clahe" does so within tiles, with limited contrast (Zuiderveld, Graphics Gems IV, 1994), on
            256 levels, since the histogram of a small tile has no more to tell.
        clip_limit: of "clahe": times the mean count that a level of a tile's histogram keeps, see OpenCV's ``CLAHE``.
        tiles: of "clahe": number along each side.
    """

    backend = (TransformBackends.NUMPY,)

    def __init__(self, by: Method = "histogram", clip_limit: float = 2.0, tiles: int = 8) -> None:
        if by not in get_args(Method) or clip_limit <= 0 or tiles < 1:
            raise MammoError(
                f"Equalise(by={by!r}, clip_limit={clip_limit!r}, tiles={tiles!r}): expected by 'none', 'histogram' or "
                "'clahe' and positive numbers",
                reason="bad-option",
            )
        self.by = by
        self.clip_limit = clip_limit
        self.tiles = tiles

    def __call__(self, img: Any) -> torch.Tensor:
        """Equalise one (channel, row, column) array, tensor or MetaTensor, air dark; an even channel stays even."""
        image = as_meta_tensor(img)
        if self.by == "none":
            return image
        planes = [self._plane(plane) for plane in image.as_tensor().detach().cpu().numpy()]
        equal = torch.from_numpy(np.stack(planes)).to(image.device)
        return MetaTensor(equal, meta=image.meta, applied_operations=image.applied_operations)

    def _plane(self, pixels: NDArray[Any]) -> NDArray[np.uint16]:
        breast = _breast(pixels)
        inside = pixels[breast].astype(np.float64)
        low, high = np.percentile(inside, DARKEST, method="lower"), inside.max()
        if high <= low:
            return np.zeros(pixels.shape, np.uint16)
        levels = np.rint(np.clip((pixels - low) / (high - low), 0, 1) * (LEVELS - 1)).astype(np.uint16)
        if self.by == "clahe":
            tiled = cv2.createCLAHE(self.clip_limit, (self.tiles, self.tiles)).apply((levels >> 8).astype(np.uint8))
            return tiled.astype(np.uint16) * 257
        share = np.cumsum(np.bincount(levels[breast], minlength=LEVELS), dtype=np.float64)
        share = (share - share[0]) / (share[-1] - share[0])  # the darkest level is 0, so that air is
        return np.rint(share * (LEVELS - 1)).astype(np.uint16)[levels]


class Equalised(MapTransform):
    """Dictionary wrapper of :class:`Equalise`.

    Args:
        keys: images to equalise.
        by: see :class:`Equalise`.
        clip_limit: see :class:`Equalise`.
        tiles: see :class:`Equalise`.
        allow_missing_keys: whether a key may be absent.
    """

    backend = Equalise.backend

    def __init__(
        self,
        keys: KeysCollection,
        by: Method = "histogram",
        clip_limit: float = 2.0,
        tiles: int = 8,
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.equaliser = Equalise(by, clip_limit, tiles)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Equalise the entries of one item."""
        d = dict(data)
        for key in self.key_iterator(d):
            d[key] = self.equaliser(d[key])
        return d


def _breast(pixels: NDArray[Any]) -> NDArray[np.bool_]:
    """True on the breast; everywhere if none stands out."""
    try:
        region = find_breast(pixels)
    except MammoError:
        return np.ones(pixels.shape, np.bool_)
    rows, cols = (
        np.minimum(np.arange(n) // region.stride, m - 1) for n, m in zip(pixels.shape, region.mask.shape, strict=True)
    )
    return region.mask[rows[:, None], cols]
