"""A dataset in which one bad file does not end the run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import torch
from monai.data import Dataset, MetaTensor

from mammo_monai.errors import cause

logger = logging.getLogger(__name__)


class FaultTolerantDataset(Dataset):
    """Like MONAI's ``Dataset``, but an image that cannot be used becomes an item with its reason instead of an
    exception.

    Every item gets ``error``: "" or "<reason>: <message>". A failed item holds an image of zeros, so that its batch
    can still be collated; whoever reads the predictions must drop its scores, as ``PredictionWriter`` does.

    Args:
        data: items with "image" and "path".
        transform: the deterministic preprocessing.
        image_shape: (C, H, W) that ``transform`` yields.
    """

    def __init__(
        self, data: Sequence[dict[str, Any]], transform: Callable[[Any], Any], image_shape: Sequence[int]
    ) -> None:
        super().__init__(data, transform)
        self.image_shape = tuple(image_shape)

    def _transform(self, index: int) -> dict[str, Any]:
        item = dict(self.data[index])
        try:
            return {**super()._transform(index), "error": ""}
        except Exception as error:
            known = cause(error)
            if known is None:
                raise
            logger.warning("%s", known)
            return {**item, "image": MetaTensor(torch.zeros(self.image_shape)), "error": f"{known.reason}: {known}"}


def image_shape(channels: int, spatial_size: int | Sequence[int]) -> tuple[int, int, int]:
    """(C, H, W) for a side length or a (height, width) pair."""
    height, width = (spatial_size, spatial_size) if isinstance(spatial_size, int) else spatial_size
    return channels, height, width
