"""Mirror mammograms so that every breast faces the same way (seed 000 flips right views)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Literal, cast

import numpy as np
import torch
from monai.config.type_definitions import KeysCollection
from monai.data.meta_tensor import MetaTensor
from monai.transforms.inverse import InvertibleTransform
from monai.transforms.transform import MapTransform
from monai.transforms.utils import TransformBackends
from monai.utils.enums import TraceKeys

from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import SIDES, UNCLEAR, Side
from mammo_monai.transforms.located_breast import as_meta_tensor, locate_breast, side_seen
from mammo_monai.transforms.track import tracked

Evidence = Literal["pixels", "laterality"]
RECORD = ("orient_flipped", "orient_by", "orient_conflict")


class OrientBreast(InvertibleTransform):
    """Mirror the columns where the chest wall is not at the wanted side.

    ``meta`` then says ``orient_flipped``, ``orient_by`` (what decided) and ``orient_conflict`` (laterality is
    known and says the opposite of clear pixels; exported PNGs and CBIS-DDSM lie).

    Args:
        chest_wall: side where the chest wall lies afterwards, "left" (breasts face right) or "right".
        by: what decides the side: "pixels", with the laterality where they are unclear, or "laterality", with
            the pixels where it is unknown.
    """

    backend = (TransformBackends.TORCH,)

    def __init__(self, chest_wall: Side = "left", by: Evidence = "pixels") -> None:
        if chest_wall not in ("left", "right") or by not in ("pixels", "laterality"):
            raise MammoError(
                f"OrientBreast(chest_wall={chest_wall!r}, by={by!r}): expected chest_wall 'left' or 'right' and "
                "by 'pixels' or 'laterality'",
                reason="bad-option",
            )
        self.chest_wall = chest_wall
        self.by = by

    def __call__(self, img: Any, laterality: str | None = None, like: MetaTensor | None = None) -> torch.Tensor:
        """Orient one image.

        Args:
            img: (channel, row, column) array, tensor or MetaTensor of any type.
            laterality: "L" or "R"; what ``meta["laterality"]`` says goes before it.
            like: an oriented image of the same view; given one, this image (a mask) turns as it did.

        Raises:
            MammoError: reason ``no-breast``.
        """
        image = as_meta_tensor(img, like)
        if like is not None:
            return self._turn(image, *(like.meta[key] for key in RECORD))
        side, by, conflict = self._decide(image, str(image.meta.get("laterality") or laterality or ""))
        return self._turn(image, side != self.chest_wall, by, conflict)

    def _decide(self, image: MetaTensor, laterality: str) -> tuple[Side, Evidence, bool]:
        breast = locate_breast(image)
        # Laterality speaks of the source, which a chain run before (a prepared image) may have mirrored.
        expected = side_seen(SIDES[laterality], image) if laterality in SIDES else None
        clear = breast.confidence >= UNCLEAR
        by_laterality = expected is not None and (self.by == "laterality" or not clear)
        conflict = clear and expected not in (None, breast.chest_wall)
        if by_laterality:
            return cast(Side, expected), "laterality", conflict
        return breast.chest_wall, "pixels", conflict

    def _turn(self, image: MetaTensor, flip: bool, by: Evidence, conflict: bool) -> MetaTensor:
        oriented = self._mirrored(image, flip, {"flipped": flip})
        oriented.meta.update(zip(RECORD, (flip, by, conflict), strict=True))
        return oriented

    def inverse(self, data: torch.Tensor) -> torch.Tensor:
        """Mirror back what was mirrored."""
        flipped = self.pop_transform(data)[TraceKeys.EXTRA_INFO]["flipped"]
        with self.trace_transform(False):
            return self._mirrored(as_meta_tensor(data), flipped)

    def _mirrored(self, image: MetaTensor, flip: bool, extra_info: dict[str, Any] | None = None) -> MetaTensor:
        pixels = image.as_tensor()
        if not flip:
            return tracked(self, image, pixels, None, extra_info)
        affine = np.eye(4)
        affine[1, 1], affine[1, -1] = -1, pixels.shape[2] - 1
        return tracked(self, image, _flipped(pixels), affine, extra_info)


class OrientBreastd(MapTransform, InvertibleTransform):
    """Dictionary wrapper of :class:`OrientBreast`: the first key decides, the others (masks) turn with it.

    Args:
        keys: images of the same view; the first is the mammogram.
        chest_wall: see :class:`OrientBreast`.
        by: see :class:`OrientBreast`.
        laterality_key: item entry ("L" or "R") used where the image's header names no side.
        allow_missing_keys: whether a key may be absent.
    """

    backend = OrientBreast.backend

    def __init__(
        self,
        keys: KeysCollection,
        chest_wall: Side = "left",
        by: Evidence = "pixels",
        laterality_key: str = "laterality",
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.laterality_key = laterality_key
        self.orienter = OrientBreast(chest_wall, by)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Orient the entries of one item."""
        d = dict(data)
        first: MetaTensor | None = None
        for key in self.key_iterator(d):
            d[key] = first = self.orienter(d[key], d.get(self.laterality_key), first)
        return d

    def inverse(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Undo for each key."""
        d = dict(data)
        for key in self.key_iterator(d):
            d[key] = self.orienter.inverse(d[key])
        return d


def _flipped(pixels: torch.Tensor) -> torch.Tensor:
    """Columns in reverse; torch flips uint16 five times slower than int16, so 16 bits are moved as int16."""
    if pixels.dtype == torch.uint16:
        return pixels.view(torch.int16).flip(2).view(torch.uint16)
    return pixels.flip(2)
