"""Cut mammograms to the breast's edge, in the stored type."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Literal, get_args

import numpy as np
import torch
from monai.config.type_definitions import KeysCollection
from monai.data.meta_tensor import MetaTensor
from monai.transforms.croppad.array import Crop
from monai.transforms.inverse import InvertibleTransform
from monai.transforms.transform import MapTransform

from mammo_monai.errors import MammoError
from mammo_monai.transforms.located_breast import as_meta_tensor, locate_breast
from mammo_monai.transforms.track import tracked

Extent = Literal["breast", "none"]


class CropBreast(Crop):
    """Cut an image to the box of its breast (see :func:`~mammo_monai.transforms.breast_region.find_breast`).

    ``meta["crop_box"]`` says (row_min, col_min, row_max, col_max), half-open, in pixels of the input. The pixels
    keep their type; the inverse puts them back into a frame of zeros.

    Args:
        to: "breast", or "none" to keep the whole image.
    """

    def __init__(self, to: Extent = "breast") -> None:
        if to not in get_args(Extent):
            raise MammoError(f"CropBreast(to={to!r}): expected 'breast' or 'none'", reason="bad-option")
        super().__init__()
        self.to = to

    def __call__(self, img: Any, like: MetaTensor | None = None, lazy: bool | None = None) -> torch.Tensor:
        """Crop one image.

        Args:
            img: (channel, row, column) array, tensor or MetaTensor of any type.
            like: a cropped image of the same view; given one, this image (a mask) is cut as it was.
            lazy: without effect: the box depends on the pixels, and a cut copies none.

        Raises:
            MammoError: reason ``no-breast``.
        """
        image = as_meta_tensor(img, like)
        whole = (0, 0, *image.shape[1:])
        top, left, bottom, right = box = locate_breast(image).box if self.to == "breast" else whole
        shift = np.eye(4)
        shift[:2, -1] = top, left
        around = [top, image.shape[1] - bottom, left, image.shape[2] - right]
        # MONAI's own Crop makes two more MetaTensors on its way: 0.18 ms against 0.07.
        cropped = tracked(self, image, image.as_tensor()[:, top:bottom, left:right], shift, {"cropped": around})
        cropped.meta["crop_box"] = box
        return cropped

    @property
    def requires_current_data(self) -> bool:
        """The box depends on the pixels: a lazy composition applies what is pending first."""
        return True


class CropBreastd(MapTransform, InvertibleTransform):
    """Dictionary wrapper of :class:`CropBreast`: the first key decides, the others (masks) are cut alike.

    Args:
        keys: images of the same view and size; the first is the mammogram.
        to: see :class:`CropBreast`.
        allow_missing_keys: whether a key may be absent.
    """

    backend = CropBreast.backend

    def __init__(self, keys: KeysCollection, to: Extent = "breast", allow_missing_keys: bool = False) -> None:
        super().__init__(keys, allow_missing_keys)
        self.cropper = CropBreast(to)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Crop the entries of one item."""
        d = dict(data)
        first: MetaTensor | None = None
        for key in self.key_iterator(d):
            d[key] = first = self.cropper(d[key], first)
        return d

    def inverse(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Undo for each key."""
        d = dict(data)
        for key in self.key_iterator(d):
            d[key] = self.cropper.inverse(d[key])
        return d
