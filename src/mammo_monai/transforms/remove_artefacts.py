"""Blacken what is not breast: labels, markers, tape and the grain of the film's air."""

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
from mammo_monai.transforms.breast_region import Grey, find_breast
from mammo_monai.transforms.located_breast import as_meta_tensor

Method = Literal["none", "otsu", "breast"]
Mask = NDArray[np.bool_]
LONGEST_SIDE = 1024
"""Pixels of the longest side at which Otsu's object is cut out: 0.23 mm each on a 24 cm film."""
SMOOTHING = 0.01
"""Radius of the disc that smooths the contour, as a share of the longest side: 2.4 mm on a 24 cm film."""


class RemoveArtefacts(Transform):
    """Set all pixels outside the breast to 0, or to the image's minimum where that is negative.

    The largest object of a binary image, its holes filled, its contour smoothed by morphological opening and closing
    with a disc (OpenCV ``morphologyEx``). Pixels keep their place and type, so there is nothing for an inverse to do.
    Source: "Abnormality Detection in Mammography using Deep Learning", 2020, "Artifacts Removal".

    Args:
        by: where the binary image comes from: "otsu", the study's, splits the grey levels in two (Otsu, IEEE SMC 9,
            1979), and takes faint skin and fat for air: on mini-MIAS it cuts away a fifth of the breast's area, at
            its rim; "breast" is the mask of :func:`~mammo_monai.transforms.breast_region.find_breast`; "none" leaves
            images as they are.
    """

    backend = (TransformBackends.NUMPY,)

    def __init__(self, by: Method = "otsu") -> None:
        if by not in get_args(Method):
            raise MammoError(f"RemoveArtefacts(by={by!r}): expected 'none', 'otsu' or 'breast'", reason="bad-option")
        self.by = by

    def __call__(self, img: Any, mask: Mask | None = None) -> torch.Tensor:
        """Clean one image.

        Args:
            img: (channel, row, column) array, tensor or MetaTensor of any real type, air dark.
            mask: (row, column), True on what stays; found in the first channel if not given.

        Raises:
            MammoError: reason ``no-breast`` for an even image, ``bad-shape`` where ``mask`` has another size.
        """
        image = as_meta_tensor(img)
        if self.by == "none":
            return image
        mask = self.mask(image) if mask is None else mask
        if mask.shape != image.shape[1:]:
            raise MammoError(
                f"{_name(image)}: {tuple(image.shape[1:])} pixels, the mammogram has {mask.shape}; give images of one "
                "view and size",
                reason="bad-shape",
            )
        pixels = image.as_tensor().detach().cpu().numpy()
        outside = min(0, np.nanmin(pixels)) if pixels.dtype.kind in "if" else 0
        cleaned = torch.from_numpy(np.where(mask, pixels, pixels.dtype.type(outside))).to(image.device)
        return MetaTensor(cleaned, meta=image.meta, applied_operations=image.applied_operations)

    def mask(self, img: Any) -> Mask:
        """(row, column), True on the breast of an image (channel, row, column); errors as of a call."""
        image = as_meta_tensor(img)
        pixels = image.as_tensor()[0].detach().cpu().numpy()
        if self.by == "none":
            return np.ones(pixels.shape, np.bool_)
        binary = _otsu(pixels) if self.by == "otsu" else find_breast(pixels, _name(image)).mask.view(np.uint8)
        smooth = _smoothed(_largest(binary)) if binary.any() else binary
        if not smooth.any():
            raise MammoError(
                f"{_name(image)}: no breast found in it, the image is empty or even; check the file or leave it out",
                reason="no-breast",
            )
        # Enlarged linearly, a contour at half height has no steps.
        return cv2.resize(smooth * 255, pixels.shape[::-1], interpolation=cv2.INTER_LINEAR) > 127


class RemoveArtefactsd(MapTransform):
    """Dictionary wrapper of :class:`RemoveArtefacts`: the first key decides, the others lose the same pixels.

    Args:
        keys: images of the same view and size; the first is the mammogram.
        by: see :class:`RemoveArtefacts`.
        allow_missing_keys: whether a key may be absent.
    """

    backend = RemoveArtefacts.backend

    def __init__(self, keys: KeysCollection, by: Method = "otsu", allow_missing_keys: bool = False) -> None:
        super().__init__(keys, allow_missing_keys)
        self.remover = RemoveArtefacts(by)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Clean the entries of one item."""
        d = dict(data)
        mask: Mask | None = None
        for key in self.key_iterator(d):
            mask = self.remover.mask(d[key]) if mask is None else mask
            d[key] = self.remover(d[key], mask)
        return d


def _otsu(pixels: NDArray[Any]) -> Grey:
    """1 where a shrunken image, in 256 grey levels, is brighter than Otsu's threshold; 0 everywhere if it is even."""
    grey = np.nan_to_num(pixels.astype(np.float32))
    scale = LONGEST_SIDE / max(1, *grey.shape)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in grey.shape[::-1]]
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    low, high = (float(grey.min()), float(grey.max())) if grey.size else (0.0, 0.0)
    if high <= low:
        return np.zeros(grey.shape, np.uint8)
    levels = ((grey - low) * (255 / (high - low))).astype(np.uint8)
    return cv2.threshold(levels, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1]


def _largest(binary: Grey) -> Grey:
    """The connected part of most pixels, without its holes, of a mask that is not empty."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    largest = np.equal(labels, 1 + int(statistics[1:, cv2.CC_STAT_AREA].argmax())).view(np.uint8)
    contours, _ = cv2.findContours(largest, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(largest, contours, -1, 1, cv2.FILLED)


def _smoothed(mask: Grey) -> Grey:
    """Without what is narrower than a disc, outwards (opening) or inwards (closing)."""
    radius = max(1, round(SMOOTHING * max(mask.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    for operation in (cv2.MORPH_OPEN, cv2.MORPH_CLOSE):
        mask = cv2.morphologyEx(mask, operation, disc)
    return mask


def _name(image: MetaTensor) -> str:
    return str(image.meta.get("filename_or_obj") or "image")
