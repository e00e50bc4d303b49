"""A dataset in which one bad file does not end the run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import torch
from monai.data import Dataset

from mammo_monai.dicom.image import read_tags
from mammo_monai.errors import MammoError, cause
from mammo_monai.evaluation.identity import identify

logger = logging.getLogger(__name__)


class FaultTolerantDataset(Dataset):
    """Like MONAI's ``Dataset``, but an image that cannot be used becomes an item with its reason, not an exception.

    Every item gets ``error``: "" or "<reason>: <message>", and ``identity`` (see
    :func:`mammo_monai.evaluation.identity.identify`): MONAI drops from a batch all metadata that one of its images
    lacks, as a failed one does. A failed item holds an image of zeros, so that its batch can still be collated;
    whoever reads the predictions must drop its scores, as ``PredictionWriter`` does.

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
            made = super()._transform(index)
        except Exception as error:  # whatever one file makes the chain raise, the other files go on
            identity = identify(item, _tags(item["image"]))
            return {**item, "image": torch.zeros(self.image_shape), "identity": identity, "error": _reason(item, error)}
        identity = identify(item, made["image"].meta)
        return {**item, "image": made["image"].as_tensor(), "identity": identity, "error": ""}


def _reason(item: dict[str, Any], error: Exception) -> str:
    known = cause(error)
    if known is not None:
        logger.warning("%s", known)
        return f"{known.reason}: {known}"
    logger.error("%s: unexpected failure", item["path"], exc_info=error)
    return f"unexpected: {type(error.__cause__ or error).__name__}: {error.__cause__ or error}"


def _tags(path: str) -> dict[str, Any]:
    """What the file says of itself even if its pixels cannot be used; {} if nothing."""
    try:
        return dict(read_tags(path))
    except MammoError:
        return {}


def image_shape(channels: int, spatial_size: int | Sequence[int]) -> tuple[int, int, int]:
    """(C, H, W) for a side length or a (height, width) pair."""
    height, width = (spatial_size, spatial_size) if isinstance(spatial_size, int) else spatial_size
    return channels, height, width
