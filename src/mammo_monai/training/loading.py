"""Small decisions about data loaders that a JSON expression should not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from monai.engines import default_prepare_batch
from torch import Tensor

from mammo_monai.errors import MammoError


def plain_batch(
    batch: Mapping[str, Any], device: str | torch.device | None = None, non_blocking: bool = False, **kwargs: Any
) -> tuple[Tensor, Tensor]:
    """MONAI's default (image, label) of a batch, as plain tensors.

    A MetaTensor sends every single operation of the network through Python to carry its metadata along, which
    nothing behind the network
    reads: the batch itself keeps them.
    """
    image, label = default_prepare_batch(batch, device, non_blocking, **kwargs)
    return torch.Tensor.as_subclass(image, Tensor), label


def drop_last(samples: int, batch_size: int, world_size: int = 1) -> bool:
    """Whether the last, smaller training batch must go: BatchNorm cannot normalise a batch of one image.

    Raises:
        MammoError: every batch would be of one image.
    """
    share = -(-samples // world_size)
    if batch_size < 2 or share < 2:
        raise MammoError(
            f"batches of one image ({share} images per process, batch_size {batch_size}) cannot train a network with "
            "BatchNorm; use --batch_size 2 or more",
            reason="batch-of-one",
        )
    return share % batch_size == 1


def patches(items: Sequence[dict[str, Any]], datalist: str | Path) -> Sequence[dict[str, Any]]:
    """The items of a patch list as they are.

    Raises:
        MammoError: reason ``no-patches``, when they are whole images.
    """
    if not all("box" in item for item in items):
        raise MammoError(
            f"{datalist}: its items are whole images, expected patches; make a patch list of it with 'mammo-monai "
            "patches'",
            reason="no-patches",
        )
    return items


def whole_images(items: Sequence[dict[str, Any]], datalist: str | Path) -> Sequence[dict[str, Any]]:
    """The items of a list of whole images as they are.

    Raises:
        MammoError: reason ``not-whole``, when they are patches or findings: labels of a part, not of the image.
    """
    if any("box" in item or "finding" in item for item in items):
        raise MammoError(
            f"{datalist}: its items are patches or findings, expected whole images; use a patch bundle, or make the "
            "datalist at another level",
            reason="not-whole",
        )
    return items
