"""Bring grey levels to the range networks are trained in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Literal, get_args

import torch
from monai.config.type_definitions import KeysCollection
from monai.transforms.intensity.array import NormalizeIntensity, ScaleIntensity
from monai.transforms.transform import MapTransform, Transform
from monai.transforms.utils import TransformBackends

from mammo_monai.errors import MammoError

Method = Literal["contrast", "unit"]


class Normalise(Transform):
    """MONAI's normalisation of one image, by name. Pixels keep their place and become float32.

    Args:
        by: "contrast" is global contrast normalisation (subtract the image's mean, divide by its standard deviation:
            z-scoring); "unit" maps its least value to 0 and its greatest to 1, as seed 004 does.
    """

    backend = (TransformBackends.TORCH, TransformBackends.NUMPY)

    def __init__(self, by: Method = "contrast") -> None:
        if by not in get_args(Method):
            raise MammoError(f"Normalise(by={by!r}): expected 'contrast' or 'unit'", reason="bad-option")
        self.by = by
        self.normaliser = NormalizeIntensity() if by == "contrast" else ScaleIntensity(0.0, 1.0)

    def __call__(self, img: Any) -> torch.Tensor:
        """Normalise one (channel, row, column) array, tensor or MetaTensor."""
        return self.normaliser(img)


class Normalised(MapTransform):
    """Dictionary wrapper of :class:`Normalise`.

    Args:
        keys: images to normalise.
        by: see :class:`Normalise`.
        allow_missing_keys: whether a key may be absent.
    """

    backend = Normalise.backend

    def __init__(self, keys: KeysCollection, by: Method = "contrast", allow_missing_keys: bool = False) -> None:
        super().__init__(keys, allow_missing_keys)
        self.normaliser = Normalise(by)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Normalise the entries of one item."""
        d = dict(data)
        for key in self.key_iterator(d):
            d[key] = self.normaliser(d[key])
        return d
