"""The graph of a network's layers as its ``forward`` calls them, and the last feature map in it."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import fx, nn

# Two image sides, large enough for every network of torchvision and unlike any side that a network pools to.
_PROBES = (256, 512)


class LayersOnly(fx.Tracer):
    """Records the calls in a network's own ``forward`` and leaves every layer whole.

    Whole layers keep their own training and evaluation behaviour; a deeper trace would fix one of the two.
    """

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return True


class _Maps(fx.Interpreter):
    """Runs a graph and notes the last two sides of every 4-D tensor in it, by node name in running order."""

    def __init__(self, network: fx.GraphModule) -> None:
        super().__init__(network)
        self.sides: dict[str, tuple[int, ...]] = {}

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if isinstance(result, torch.Tensor) and result.ndim == 4:
            self.sides[n.name] = tuple(result.shape[2:])
        return result


def last_growing_map(network: fx.GraphModule, in_channels: int) -> str | None:
    """Name of the last node whose output is a map that grows with the image; None if that cannot grow."""
    probe = copy.deepcopy(network).to("meta")
    small, large = _Maps(probe), _Maps(probe)
    try:
        for maps, side in zip((small, large), _PROBES, strict=True):
            maps.run(torch.empty(1, in_channels, side, side, device="meta"))
    except (AssertionError, RuntimeError):  # made for one image size alone
        return None
    return [name for name, sides in small.sides.items() if large.sides[name] != sides][-1]
