"""PyTorch with bfloat16 convolutions on the CPU: 8 bits of mantissa, so other probabilities."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import nn

EXACT = False
CPU_ONLY = True
SUFFIXES = ()


def export(network: nn.Module, image: torch.Tensor) -> dict[str, bytes]:
    """Nothing: the weights are all it needs."""
    return {}


def load(network: nn.Module, files: Mapping[str, bytes]) -> nn.Module:
    """A copy, in the memory format in which bfloat16 is fast."""
    return _Autocast(copy.deepcopy(network).to(memory_format=torch.channels_last))


class _Autocast(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits (N, num_classes), float32, of images (N, C, H, W)."""
        with torch.autocast("cpu", torch.bfloat16):
            return self.network(image.contiguous(memory_format=torch.channels_last)).float()
