"""The breast of a tensor, found once: what OrientBreast, CropBreast and ResizeArea share through ``meta``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from monai.data.meta_tensor import MetaTensor

from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import Box, Side, find_breast
from mammo_monai.transforms.source import box_from_source, box_to_source

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
    if isinstance(image, MetaTensor):
        applied = list(image.applied_operations)
        tensor = MetaTensor(image.as_tensor(), meta=dict(image.meta), applied_operations=applied)
    else:
        tensor = MetaTensor(np.ascontiguousarray(image) if isinstance(image, np.ndarray) else image)
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
        image.meta["breast_box"] = tuple(box_to_source(region.box, image))
        image.meta["chest_wall"] = side_seen(region.chest_wall, image)
        image.meta["chest_wall_confidence"] = region.confidence
    rows, cols = image.shape[1:]
    row_min, col_min, row_max, col_max = (round(v) for v in box_from_source(image.meta["breast_box"], image))
    box = (max(0, row_min), max(0, col_min), min(rows, row_max), min(cols, col_max))
    return LocatedBreast(box, side_seen(image.meta["chest_wall"], image), image.meta["chest_wall_confidence"])


def known_chest_wall(image: Any, default: Side = "left") -> Side:
    """The chest wall's side where it was found earlier, else ``default``; never searches."""
    known = isinstance(image, MetaTensor) and "chest_wall" in image.meta
    return side_seen(image.meta["chest_wall"], image) if known else default


def _name(image: MetaTensor) -> str:
    return str(image.meta.get("filename_or_obj") or "image")


def side_seen(side: Side, image: MetaTensor) -> Side:
    """The side in ``image`` of a side in its source, and the reverse: mirrored columns exchange them."""
    return OTHER_SIDE[side] if float(image.meta["affine"][1, 1]) < 0 else side
