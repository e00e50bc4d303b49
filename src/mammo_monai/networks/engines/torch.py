"""PyTorch as it is: what every other engine is compared with."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

EXACT = True
CPU_ONLY = False
SUFFIXES = ()


def export(network: nn.Module, image: Tensor) -> dict[str, bytes]:
    """Nothing: the weights are all it needs."""
    return {}


def load(network: nn.Module, files: Mapping[str, bytes]) -> nn.Module:
    """The network itself."""
    return network
