"""An image whose pixels still lie in a file: its meta is known, and windows of it can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from monai.data.meta_tensor import MetaTensor

Read = Callable[[slice, slice], torch.Tensor]
"""From rows and columns, inside the image, to pixels (channel, row, column)."""


@dataclass(frozen=True)
class StoredImage:
    """What a transform that needs a part of an image is given in place of the whole.

    Attributes:
        frame: shape, type, meta and applied operations of the whole image; its pixels mean nothing.
        read: gives the pixels of a window.
    """

    frame: MetaTensor
    read: Read


def stored(
    shape: tuple[int, ...], dtype: torch.dtype, meta: dict[Any, Any], operations: list[Any], read: Read
) -> StoredImage:
    """A :class:`StoredImage` whose frame takes no memory.

    Args:
        shape: (channel, row, column) of the whole image.
        dtype: of its pixels.
        meta: of the whole image.
        operations: applied to it.
        read: see :class:`StoredImage`.
    """
    pixels = torch.zeros((), dtype=dtype).expand(shape)
    return StoredImage(MetaTensor(pixels, meta=meta, applied_operations=operations), read)
