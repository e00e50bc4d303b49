"""How long a training waits for its next batch: prepared images, the bundle's own loader, a bare training loop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks._films import DETECTOR
from benchmarks._table import Line, at_most, timed
from benchmarks._timing import Pairs, Seconds
from benchmarks.step import BUNDLES, CUDA, BareLoop, clock
from mammo_monai.bundle_config import read_config
from mammo_monai.phantom import write_phantoms

EXAMS = 2  # eight films
EPOCHS = 4
BATCH = 16 if CUDA else 2


def lines(folder: Path) -> Iterator[Line]:
    """The wait before a step against the step: MobileNetV2 at 512, the fastest network of the studies."""
    root = write_phantoms(folder / "loading-films", EXAMS, 1, rows=DETECTOR[0], cols=DETECTOR[1])
    items = [{"image": str(path), "label": 0} for path in sorted(root.glob("images/*/*.dicom"))] * (2 * BATCH)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    pairs = waits(folder, items)
    torch.set_num_threads(threads)
    what = f"wait for the next batch, {BATCH} x 512 x 512 from the cache, 1 loading process"
    yield timed(what, pairs, f"training step of mobilenet_v2, {'CUDA' if CUDA else 'CPU, 1 thread'}", at_most(0.02))


def waits(folder: Path, items: list[dict[str, Any]]) -> Pairs:
    """Times before and in each step, but for the first of each epoch, when the loading process starts."""
    overrides = {
        "cache_dir": str(folder / "loading-cache"), "backbone": "mobilenet_v2", "weights": "none",
        "class_names": ["benign", "malignant"], "spatial_size": [512, 512], "batch_size": BATCH, "num_workers": 1,
    }  # fmt: skip
    config = read_config(BUNDLES / "cancer_classifier", "train", overrides)
    config["train#dataset#data"] = items
    config["loss#weight"] = None
    loader = config.get_parsed_content("train#dataloader")
    parts = (config.get_parsed_content(name) for name in ("network", "optimizer", "loss"))
    for _ in config.get_parsed_content("train#dataset"):  # makes the cache
        pass
    loop = BareLoop(*parts, batches=())
    waited, stepped = [], []
    for _ in range(EPOCHS):
        batches = iter(loader)
        loop.batches = iter([(batch["image"].as_tensor(), batch["label"]) for batch in [next(batches)]])
        loop()
        for _ in range(len(loader) - 1):
            start = clock()
            batch = next(batches)
            loaded = clock()
            loop.batches = iter([(batch["image"].as_tensor(), batch["label"])])
            loop()
            waited.append(loaded - start)
            stepped.append(clock() - loaded)
    return Pairs(Seconds(tuple(waited)), Seconds(tuple(stepped)))
