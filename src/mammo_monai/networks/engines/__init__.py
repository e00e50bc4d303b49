"""What runs a network at inference: one engine per module of this folder, all with the same shapes.

An engine takes the finished network, ensemble and test-time augmentation included. Whoever needs gradients asks the
network itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from torch import Tensor, nn

from mammo_monai import listing
from mammo_monai.errors import MammoError
from mammo_monai.networks import exports
from mammo_monai.networks.checkpoints import Weights


class Engine(Protocol):
    """What a module of this folder has.

    Attributes:
        EXACT: its probabilities are torch's, to within :data:`.exports.EXACT`.
        CPU_ONLY: it runs nowhere else.
        SUFFIXES: of the files that an export consists of; none where the engine runs the network as it is.
    """

    EXACT: bool
    CPU_ONLY: bool
    SUFFIXES: tuple[str, ...]

    def export(self, network: nn.Module, image: Tensor) -> dict[str, bytes]:
        """Content of the files by suffix, of a network in evaluation mode and an example image (1, C, H, W)."""

    def load(self, network: nn.Module, files: Mapping[str, bytes]) -> nn.Module:
        """The module that takes the network's place, from images (N, C, H, W) to logits (N, num_classes)."""


def engine(name: str) -> Engine:
    """An engine by its name.

    Raises:
        MammoError: reason ``engine-unknown``.
    """
    found: Engine = listing.load(__name__, name, f"engine: no {name!r}; choose one of", "engine-unknown")
    return found


def run_by(name: str, network: nn.Module, weights: Weights, tta: str, image_shape: Sequence[int]) -> nn.Module:
    """The network behind an engine.

    Args:
        name: of the engine.
        network: on its device, with its weights.
        weights: what the network was filled from; an export beside them is checked against them.
        tta: test-time augmentation, part of ``network``.
        image_shape: (C, H, W) of its input.

    Raises:
        MammoError: as of :func:`engine`, :func:`.exports.read` and :func:`behind`.
    """
    suffixes = engine(name).SUFFIXES
    return behind(name, network, exports.read(name, suffixes, weights, tta, image_shape) if suffixes else {})


def behind(name: str, network: nn.Module, files: Mapping[str, bytes]) -> nn.Module:
    """The network behind an engine, whose files are at hand.

    Raises:
        MammoError: the engine runs on the CPU and the network does not (``engine-device``), this processor cannot
            (``engine-unsupported``), or the engine's package is not installed (``missing-extra``).
    """
    chosen = engine(name)
    device = next(network.parameters()).device
    if chosen.CPU_ONLY and device.type != "cpu":
        raise MammoError(
            f"engine '{name}' runs on the CPU, the network is on {device}; set device to cpu or engine to torch",
            "engine-device",
        )
    return chosen.load(network.eval(), files)
