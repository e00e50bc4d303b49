"""Patches of 256x256 from a prepared store, per second and core: the cut alone, and the whole way to the tensor."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open

from benchmarks._chain import BUNDLE
from benchmarks._films import DETECTOR
from benchmarks._table import Line, timed, times_faster
from benchmarks._timing import interleaved
from mammo_monai.bundle_config import read_config
from mammo_monai.phantom import write_phantoms
from mammo_monai.preparation.entry import Task, prepare, prepared_path
from mammo_monai.training.cache_entry import open_entry
from mammo_monai.training.cached_dataset import CachedDataset
from mammo_monai.transforms.source import box_to_source

SIDE = 256
PATCHES = 64  # of eight films, so that one pass takes about a tenth of a second
WANTED = 500  # per second and core
BUNDLES = ("mass_patch", "abnormality_patch")
PARTS = {"validate": "to tensor", "train": "to tensor with augmentation"}


def lines(folder: Path) -> Iterator[Line]:
    """Against a bare read of the same windows as float32, and every rate against the one wanted.

    The store was just written, so both sides read from the page cache.
    """
    root = write_phantoms(folder / "patch-films", 2, 1, rows=DETECTOR[0], cols=DETECTOR[1])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for name in BUNDLES:
        items = stored(root, folder / f"patch-store-{name}", BUNDLE.parent / name)
        for what, patches in datasets(BUNDLE.parent / name, items).items():
            ours = partial(all_of, patches)
            name_of = f"{PATCHES} patches of {SIDE}x{SIDE}, {name}, {what}"
            yield timed(name_of, interleaved(ours, partial(bare, items)), "bare read")
            rate = PATCHES / core_seconds(ours)
            yield Line(f"rate: {name_of}", f"{rate:.0f} per s and core", f"{WANTED}", rate / WANTED, times_faster(1))
    torch.set_num_threads(threads)


def stored(root: Path, store: Path, bundle: Path) -> list[dict[str, Any]]:
    """Windows of the films of a store that the bundle's own transforms made, none at a corner of its film."""
    rng = np.random.default_rng(0)
    images = sorted(str(path.relative_to(root)) for path in root.glob("images/*/*.dicom"))
    for image in images:
        prepare(Task(image, "", "", str(root), str(store), str(bundle), "{}"))
    items = []
    for number in range(PATCHES):
        file = store / prepared_path(images[number % len(images)])
        frame = next(iter(open_entry(file).values())).frame
        row, col = (int(rng.integers(0, side - SIDE)) for side in frame.shape[1:])
        box = box_to_source((row, col, row + SIDE, col + SIDE), frame)
        items.append({"image": str(file), "box": [round(edge) for edge in box], "label": 0, "window": (row, col)})
    return items


def datasets(bundle: Path, items: list[dict[str, Any]]) -> dict[str, CachedDataset]:
    """The bundle's data set with the transforms up to the cut, and with all of validation's and of training's."""
    config = read_config(bundle, "train", {"spatial_size": [SIDE, SIDE], "cache_dir": None})
    chains = {
        what: config.get_parsed_content(f"{part}#preprocessing").flatten().transforms for part, what in PARTS.items()
    }
    whole = chains[PARTS["validate"]]
    cut = whole[: [type(transform).__name__ for transform in whole].index("CropBoxd") + 1]
    through = config["validate#dataset#cache_through"]
    return {what: CachedDataset(items, chain, None, through) for what, chain in {"the cut": cut, **chains}.items()}


def bare(items: list[dict[str, Any]]) -> list[torch.Tensor]:
    """The same windows by safetensors alone, as float32."""
    patches = []
    for item in items:
        row, col = item["window"]
        with safe_open(item["image"], framework="pt") as entry:
            patches.append(entry.get_slice("image")[:, row : row + SIDE, col : col + SIDE].float())
    return patches


def all_of(patches: CachedDataset) -> list[Any]:
    """Every patch once."""
    return [patches[index] for index in range(len(patches))]


def core_seconds(work: Callable[[], Any], times: int = 15) -> float:
    """Time of one core that one call takes: the least, since what other programs take of its caches only adds."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)
