"""The last feature map of a network: the layer that Grad-CAM weighs when none is named."""

from __future__ import annotations

from collections import Counter
from functools import partial

import torch
from torch import nn

from mammo_monai.errors import MammoError


def last_feature_map(network: nn.Module, image: torch.Tensor) -> str:
    """Name of the module that is the last to finish of those that give a feature map.

    A module gives one if it has parameters (pooling only makes a map coarser), is called once (else its
    gradients mix) and returns (N, C, H, W) with more than one pixel. In torchvision's ResNets that is ``layer4``.
    Networks that carry channels last (Swin) need theirs named.

    Args:
        network: in evaluation mode.
        image: (1, C, H, W).

    Raises:
        MammoError: reason ``no-map``, when no module does.
    """
    finished: list[str] = []
    maps: set[str] = set()

    def note(name: str, module: nn.Module, inputs: object, output: object) -> None:
        finished.append(name)
        if isinstance(output, torch.Tensor) and output.ndim == 4 and output.shape[2:].numel() > 1:
            maps.add(name)

    hooks = [
        module.register_forward_hook(partial(note, name))
        for name, module in network.named_modules()
        if name and next(module.parameters(), None) is not None
    ]
    try:
        with torch.inference_mode():
            network(image)
    finally:
        for hook in hooks:
            hook.remove()
    calls = Counter(finished)
    found = [name for name in finished if name in maps and calls[name] == 1]
    if not found:
        raise MammoError("the network has no feature map; use the method gradient or occlusion", "no-map")
    return found[-1]
