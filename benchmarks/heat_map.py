"""A sliding-window heat map of a whole film against the network alone, on windows that are ready tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
from monai.data import MetaTensor
from torch import nn

from benchmarks._chain import BUNDLE
from benchmarks._films import DETECTOR, brightness, named
from benchmarks._table import Line, timed, times_faster
from benchmarks._timing import interleaved
from mammo_monai.bundle_config import read_config
from mammo_monai.evaluation.explain.batches import batched
from mammo_monai.evaluation.explain.heat_map import HeatMap, heat_map
from mammo_monai.networks.build import build_network

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")
SIDE, BATCH, CLASSES = (224, 224), 32, 2
STRIDE = (112, 112)  # half a window, as ``mammo-monai explain --heat_map`` has it
PAIRS = 5 if CUDA else 2  # a processor takes up to a minute over a map
NETWORKS = ("baseline_cnn", "resnet18")


def lines(folder: Path) -> Iterator[Line]:
    """The map includes finding the breast, cutting, scaling and stitching; the other side is the network's own time."""
    film = MetaTensor(torch.from_numpy((brightness(DETECTOR) * 4095).astype("uint16"))[None])
    transforms = read_config(BUNDLE.parent / "mass_patch", "train", {}).get_parsed_content("validate#preprocessing")
    names = [type(transform).__name__ for transform in transforms.flatten().transforms]
    of_a_patch = transforms.flatten().transforms[names.index("CropBoxd") + 1 :]
    for name in NETWORKS:
        network = build_network(name, CLASSES, SIDE).to(DEVICE).eval()
        prepare = batched(of_a_patch, film, SIDE)
        slide = partial(heat_map, network, film, SIDE, STRIDE, BATCH, DEVICE, prepare)
        windows = len(slide().windows)
        what = f"heat map of {named(DETECTOR)}, {name}, {windows} windows of 224x224, {DEVICE.type}"
        pairs = interleaved(timed_out(slide), timed_out(partial(alone, network, windows)), budget=20, least=PAIRS)
        yield timed(what, pairs, "network alone", times_faster(0.9))


def alone(network: nn.Module, windows: int) -> list[torch.Tensor]:
    """The same number of windows, ready on the device, in the same batches."""
    ready = torch.randn((BATCH, 3, *SIDE), device=DEVICE)
    with torch.inference_mode():
        return [network(ready[: min(BATCH, windows - done)]) for done in range(0, windows, BATCH)]


def timed_out(work: Callable[[], HeatMap | list[torch.Tensor]]) -> Callable[[], None]:
    """Ends when the device has done what it was given."""

    def run() -> None:
        work()
        if CUDA:
            torch.cuda.synchronize()

    return run
