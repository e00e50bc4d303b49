"""A training step of the bundle against a bare PyTorch loop over the same tensors and network."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Events
from monai.data import MetaTensor
from monai.utils import set_determinism

from benchmarks._table import Line, Target, at_most, timed
from benchmarks._timing import Pairs, Seconds
from mammo_monai.bundle_config import read_config
from mammo_monai.datasets import adapters, datalist, labels
from mammo_monai.phantom import write_phantoms

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")
BUNDLES = Path(__file__).resolve().parents[1] / "bundles"
CLASSES = 3
IMAGES_PER_SECOND = at_most(1 / 0.95)
"""At least 0.95 of those of a bare loop."""


@dataclass(frozen=True)
class Step:
    """A training step of a bundle: what is trained, on batches of which size, and how often it is timed."""

    bundle: str
    backbone: str
    side: int
    batch: int
    pairs: int
    target: Target = IMAGES_PER_SECOND


ON_CUDA = (
    Step("birads_classifier", "resnet50", 512, 16, 40, at_most(1.05)),
    Step("cancer_classifier", "vgg19", 224, 8, 40),
    Step("cancer_classifier", "mobilenet_v2", 512, 2, 60),
    Step("cancer_classifier", "vgg19", 512, 2, 40),
)
ON_CPU = (
    Step("birads_classifier", "resnet50", 224, 2, 8, at_most(1.05)),
    Step("cancer_classifier", "mobilenet_v2", 224, 8, 8),
    Step("cancer_classifier", "mobilenet_v2", 512, 2, 8),
)
OVERHEAD = Step("birads_classifier", "resnet18", 64, 2, 20, Target())
"""Shows what no network hides."""


def lines(folder: Path) -> Iterator[Line]:
    """Metrics, progress bar, tracking and checkpoints are those of ``train.json``; the tensors are ready in memory."""
    root = write_phantoms(folder / "step-films", 20, 3, rows=160, cols=128)
    records, label_map = adapters.read("phantom", root), labels.load("birads3")
    datalist.write(datalist.build(records, label_map, root, name="phantom", method="official"), root / "datalist.json")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # two would wait for each other wherever another program has a core
    for step in (*(ON_CUDA if CUDA else ON_CPU), OVERHEAD):
        what = (
            f"training step of {step.bundle}, {step.backbone}, {step.batch} x 3 x {step.side} x {step.side}, "
            f"{'CUDA with AMP' if CUDA else 'CPU'}, 1 thread"
        )
        yield timed(what, paired_steps(folder, root, step), "bare loop", step.target)
    torch.set_num_threads(threads)


def paired_steps(folder: Path, root: Path, step: Step) -> Pairs:
    """One epoch of the bundle's trainer with a step of the bare loop before each of its own; the first do not count."""
    set_determinism(0)
    batches = tuple(ready(step.batch, step.side) for _ in range(4))
    overrides = {
        "dataset_dir": str(root),
        "output_dir": str(folder / f"step-{step.bundle}-{step.backbone}-{step.side}"),
        "tracking_uri": f"sqlite:///{folder / 'step.db'}",
        "backbone": step.backbone,
        "weights": "none",
        "spatial_size": [step.side, step.side],
        "batch_size": step.batch,
        "max_epochs": 1,
    }
    config = read_config(BUNDLES / step.bundle, "train", overrides)
    config["train#dataloader"] = batches * (step.pairs // len(batches) + 1)
    config["validate#dataloader"] = batches[:1]
    trainer = config.get_parsed_content("train#trainer")
    watch = Watch(BareLoop(config.get_parsed_content("network"), trainer.optimizer, trainer.loss_function, batches))
    trainer.add_event_handler(Events.GET_BATCH_STARTED, watch)
    trainer.run()
    return Pairs(Seconds(tuple(watch.trainer[1:])), Seconds(tuple(watch.bare[1:-1])))


def ready(batch: int, side: int) -> dict[str, Any]:
    """A batch as the bundle's loader collates it."""
    image = MetaTensor(torch.randn(batch, 3, side, side))
    return {"image": image, "label": torch.randint(CLASSES, (batch,))}


class BareLoop:
    """What one would write without any framework, on a copy of the network and its optimiser."""

    def __init__(self, network: Any, optimizer: Any, loss: Any, batches: tuple[dict[str, Any], ...]) -> None:
        self.network = copy.deepcopy(network).train()
        self.optimizer = type(optimizer)(self.network.parameters(), lr=optimizer.param_groups[0]["lr"])
        self.loss = loss
        self.scaler = torch.amp.GradScaler(DEVICE.type, enabled=CUDA)
        self.batches = cycle([(batch["image"].as_tensor(), batch["label"]) for batch in batches])

    def __call__(self) -> None:
        image, label = (tensor.to(DEVICE, non_blocking=True) for tensor in next(self.batches))
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(DEVICE.type, enabled=CUDA):
            loss = self.loss(self.network(image), label)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()


class Watch:
    """Before each batch of the trainer: note how long its last iteration took, then take and time a bare step."""

    def __init__(self, bare_loop: BareLoop) -> None:
        self.bare_loop = bare_loop
        self.trainer: list[float] = []
        self.bare: list[float] = []
        self.mark: float | None = None

    def __call__(self) -> None:
        start = clock()
        if self.mark is not None:
            self.trainer.append(start - self.mark)
        self.bare_loop()
        self.mark = clock()
        self.bare.append(self.mark - start)


def clock() -> float:
    """Seconds, after all that was given to the GPU is done."""
    if CUDA:
        torch.cuda.synchronize()
    return time.perf_counter()
