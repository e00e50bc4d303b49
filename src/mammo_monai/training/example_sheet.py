"""What the network saw and what it said of it: one picture of a sample of the evaluated images."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from ignite.engine import Engine, Events
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mammo_monai.evaluation.plots import save
from mammo_monai.evaluation.plots._style import shown, wrapped

RIGHT, WRONG = "#4477aa", "#cc3311"
"""Blue and red that colour-blind readers tell apart."""
COLUMNS, TILE = 6, 1.7
"""Images in a row; inches of an image's side."""
LONGEST_SIDE = 256
"""Pixels kept of an image: what a tile can show."""
LINE = 30


@dataclass(frozen=True)
class Example:
    """One image.

    Attributes:
        number: which of the evaluated images it is, from 0.
        pixels: (H, W) of its first channel, made small.
        predicted: class with the highest probability.
        probability: of that class.
        truth: class that it is of.
    """

    number: int
    pixels: npt.NDArray[np.uint8]
    predicted: str
    probability: float
    truth: str

    @property
    def right(self) -> bool:
        """Whether the prediction is the truth."""
        return self.predicted == self.truth


class Sample:
    """Equally likely ``size`` of a stream of unknown length: those whose random numbers are the highest."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.seen = 0
        self._kept: list[tuple[float, int, Example]] = []
        self._random = random.Random(seed)  # noqa: S311

    def __len__(self) -> int:
        return len(self._kept)

    def offer(self, example: Example) -> None:
        """Keep it or not."""
        self.seen += 1
        heapq.heappush(self._kept, (self._random.random(), example.number, example))
        if len(self._kept) > self.size:
            heapq.heappop(self._kept)

    def take(self, count: int) -> list[Example]:
        """A sample of the sample, in the order of the stream."""
        return sorted((example for *_, example in heapq.nlargest(count, self._kept)), key=lambda one: one.number)


class ExampleSheet:
    """Writes ``examples.png``, half of it images that were called right and half called wrong, as far as there are.

    Stands before the handler that logs the evaluation's files. Of images and patches at most ``2 * count`` are kept
    in memory, small. What could not be read or has no label is left out; without any other image an earlier sheet is
    removed.

    Args:
        output_dir: where to write.
        class_names: in the order of the network's outputs.
        count: images on the sheet.
        seed: of the sample, which is the same whenever the same images come in the same order.
    """

    def __init__(self, output_dir: str, class_names: Sequence[str], count: int = 24, seed: int = 0) -> None:
        self.path = Path(output_dir) / "examples.png"
        self.class_names = [str(name) for name in class_names]
        self.count = count
        self.seed = seed
        self._start()

    def attach(self, engine: Engine) -> None:
        engine.add_event_handler(Events.STARTED, lambda _: self._start())
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.COMPLETED, lambda _: self._write())

    def _start(self) -> None:
        self.right, self.wrong = (Sample(self.count, self.seed + i) for i in range(2))

    def _collect(self, engine: Engine) -> None:
        for item, output in zip(engine.state.batch, engine.state.output, strict=True):
            if "label" in item and not item.get("error"):
                example = self._example(item, output["pred"])
                (self.right if example.right else self.wrong).offer(example)

    def _example(self, item: Mapping[str, Any], scores: torch.Tensor) -> Example:
        return Example(
            self.right.seen + self.wrong.seen,
            _small(np.asarray(item["image"][0].cpu(), np.float32)),
            self.class_names[int(scores.argmax())],
            float(scores.max()),
            self.class_names[int(item["label"])],
        )

    def chosen(self) -> tuple[list[Example], list[Example]]:
        """Right and wrong ones, each in the order in which they came; where one kind is short the other fills."""
        wrong = self.wrong.take(max(self.count // 2, self.count - len(self.right)))
        return self.right.take(self.count - len(wrong)), wrong

    def _write(self) -> None:
        right, wrong = self.chosen()
        if right or wrong:
            shares = [f"{len(chosen)} of {all_.seen:,}" for chosen, all_ in ((right, self.right), (wrong, self.wrong))]
            title = f"{shares[0]} right predictions (blue), {shares[1]} wrong ones (red)"
            save(draw([*right, *wrong], title), self.path)
        elif self.path.is_file():
            self.path.unlink()


def draw(examples: Sequence[Example], title: str) -> Figure:
    """A grid of images, each with the predicted class and its probability, and the truth where that is another.

    Titles are blue where the prediction is right, red where it is wrong. Grey levels run from each image's lowest to
    its highest value.
    """
    rows = -(-len(examples) // COLUMNS)
    figure = Figure(figsize=(COLUMNS * TILE, rows * (TILE + 0.6)), layout="constrained")
    grid = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axes in grid:
        axes.set_axis_off()
    for axes, example in zip(grid, examples, strict=False):
        _tile(axes, example)
    figure.suptitle(title, fontsize=9)
    return figure


def _tile(axes: Axes, example: Example) -> None:
    axes.imshow(example.pixels, cmap="gray", vmin=0, vmax=255)
    said = wrapped(f"{shown(example.predicted)} {example.probability:.2f}", LINE)
    truth = "" if example.right else f"\n{wrapped(f'truth: {shown(example.truth)}', LINE)}"
    axes.set_title(said + truth, fontsize=7, color=RIGHT if example.right else WRONG)


def _small(image: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Lowest value black, highest white, no side longer than a tile can show."""
    low, high = float(image.min()), float(image.max())
    grey = np.nan_to_num((image - low) / ((high - low) or 1) * 255).astype(np.uint8)
    scale = min(1.0, LONGEST_SIDE / max(grey.shape))
    rows, cols = (max(1, round(side * scale)) for side in grey.shape)
    return cv2.resize(grey, (cols, rows), interpolation=cv2.INTER_AREA)
