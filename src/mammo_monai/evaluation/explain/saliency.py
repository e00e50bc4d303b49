"""How much each pixel of a network's input matters for one class."""

from __future__ import annotations

import copy

import torch
from monai.data.meta_tensor import MetaTensor
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.explain import methods


def saliency(
    network: nn.Module, image: torch.Tensor, class_index: int, method: str = "gradcam", **options: str
) -> MetaTensor:
    """Saliency map of one image.

    Args:
        network: images (N, C, H, W) to logits (N, classes); it is left as it was.
        image: (C, H, W), on the network's device; what its chain gave.
        class_index: the class whose score is explained.
        method: one of :func:`mammo_monai.evaluation.explain.methods.names`.
        options: the method's own.

    Returns:
        (1, H, W) float32 on the CPU with the meta of ``image``; 0 where a pixel does not matter. The scale is the
        method's own.

    Raises:
        MammoError: no such method or option, or a map that is not finite (``not-finite``).
    """
    chosen = methods.load(method)
    unknown = sorted(set(options) - set(methods.options(chosen)))
    if unknown:
        own = ", ".join(methods.options(chosen)) or "none"
        raise MammoError(f"method {method} has no option {unknown[0]}; its own options: {own}", "usage")
    explained = copy.deepcopy(network).eval().requires_grad_(True)  # MONAI's hooks stay in what they are put into
    pixels = image.as_tensor() if isinstance(image, MetaTensor) else image
    with torch.enable_grad():
        found = chosen.saliency(explained, pixels.detach()[None].float(), class_index, **options)
    if not bool(found.isfinite().all()):
        raise MammoError(f"the {method} map is not finite; check the weights and the image", "not-finite")
    meta = dict(image.meta) if isinstance(image, MetaTensor) else {}
    return MetaTensor(found[None].float().cpu(), meta=meta)
