"""The breast of a tensor, found once: what OrientBreast, CropBreast and ResizeArea share through ``meta``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from monai.data.meta_tensor import MetaTensor
from monai.utils.type_conversion import convert_to_tensor

from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import Box, Side, find_breast
from mammo_monai.transforms.source import from_source, to_source

LOCATION = ("breast_box", "chest_wall", "chest_wall_confidence")
"""What ``meta`` keeps, in terms of the source image."""
OTHER_SIDE: dict[Side, Side] = {"left": "right", "right": "left"}


class LocatedBreast(NamedTuple):
    """Half-open box (row_min, col_min, row_max, col_max), side of the chest wall and its confidence."""

    box: Box
    chest_wall: Side
    confidence: float


def as_meta_tensor(image: Any, like: MetaTensor | None = None) -> MetaTensor:
    """A MetaTensor of (channel, row, column) that shares pixels where it can, its ``meta`` a copy.

    Args:
        image: array, tensor or MetaTensor.
        like: an image of the same view and place whose breast, found already, is this one's too (for masks).

    Raises:
        MammoError: reason ``bad-shape``, when there are not three axes.
    """
    if isinstance(image, np.ndarray):  # MONAI would widen uint16 to int32
        image = torch.from_numpy(np.ascontiguousarray(image))
    tensor = convert_to_tensor(image, track_meta=True)
    tensor = MetaTensor(tensor.as_tensor(), meta=dict(tensor.meta), applied_operations=list(tensor.applied_operations))
    if tensor.ndim != 3:
        raise MammoError(
            f"{_name(tensor)}: shape {tuple(tensor.shape)}, expected (channel, row, column); put "
            "EnsureChannelFirstd before this transform",
            reason="bad-shape",
        )
    if like is not None:
        tensor.meta.update({key: like.meta[key] for key in LOCATION})
    return tensor


def locate_breast(image: MetaTensor) -> LocatedBreast:
    """Where the breast lies in ``image`` (channel, row, column); found in the first channel.

    What is found is kept in ``meta`` in terms of the source image, so it stays true through flips, crops and resizes
    and is not searched twice.

    Raises:
        MammoError: reason ``no-breast``.
    """
    if "breast_box" not in image.meta:
        region = find_breast(image.as_tensor()[0].detach().cpu().numpy(), _name(image))
        image.meta["breast_box"] = tuple(_moved(region.box, image, to_source))
        image.meta["chest_wall"] = _turned(region.chest_wall, image)
        image.meta["chest_wall_confidence"] = region.confidence
    rows, cols = image.shape[1:]
    row_min, col_min, row_max, col_max = (round(v) for v in _moved(image.meta["breast_box"], image, from_source))
    box = (max(0, row_min), max(0, col_min), min(rows, row_max), min(cols, col_max))
    return LocatedBreast(box, _turned(image.meta["chest_wall"], image), image.meta["chest_wall_confidence"])


def known_chest_wall(image: Any, default: Side = "left") -> Side:
    """The chest wall's side where it was found earlier, else ``default``; never searches."""
    known = isinstance(image, MetaTensor) and "chest_wall" in image.meta
    return _turned(image.meta["chest_wall"], image) if known else default


def _name(image: MetaTensor) -> str:
    return str(image.meta.get("filename_or_obj") or "image")


def _moved(box: tuple[float, ...], image: MetaTensor, move: Any) -> list[float]:
    """A half-open box through ``move``; the edge at index i lies half a pixel before its centre."""
    corners = np.sort(move(np.asarray(box).reshape(2, 2) - 0.5, image) + 0.5, axis=0)
    return [float(v) for v in corners.ravel()]


def _turned(side: Side, image: MetaTensor) -> Side:
    """The side in ``image`` of a side in its source, and the reverse: mirrored columns exchange them."""
    return OTHER_SIDE[side] if float(image.meta["affine"][1, 1]) < 0 else side
