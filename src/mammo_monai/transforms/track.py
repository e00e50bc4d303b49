"""Pixels that a transform has moved, as the MetaTensor that MONAI would make of them; built once per transform."""

from __future__ import annotations

from typing import Any

import torch
from monai.data.meta_tensor import MetaTensor
from monai.transforms.inverse import TraceableTransform
from numpy.typing import NDArray


def tracked(
    transform: TraceableTransform,
    image: MetaTensor,
    pixels: torch.Tensor,
    affine: NDArray[Any] | None = None,
    extra_info: dict[str, Any] | None = None,
) -> MetaTensor:
    """``pixels`` with the meta of ``image``, moved by ``affine``, and with one more applied operation.

    Args:
        transform: what moved them; without tracing (an inverse) no operation is recorded.
        image: (channel, row, column) before.
        pixels: (channel, row, column) after.
        affine: (4, 4), pixel of ``image`` under each of ``pixels``; None where none has moved.
        extra_info: what the inverse of ``transform`` needs.
    """
    meta = TraceableTransform.track_transform_meta(
        image,
        sp_size=tuple(pixels.shape[1:]),
        affine=affine,
        orig_size=tuple(image.shape[1:]),
        extra_info=extra_info,
        transform_info=transform.get_transform_info(),
    )
    return MetaTensor(pixels, meta=meta.meta, applied_operations=meta.applied_operations)
