"""A sheet of examples: what the network saw, what it said of it and whether that is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mammo_monai.evaluation.plots._style import drawn_name, wrapped

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


def small(image: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Lowest value black, highest white, no side longer than a tile can show."""
    low, high = float(image.min()), float(image.max())
    grey = np.nan_to_num((image - low) / ((high - low) or 1) * 255).astype(np.uint8)
    scale = min(1.0, LONGEST_SIDE / max(grey.shape))
    rows, cols = (max(1, round(side * scale)) for side in grey.shape)
    return cv2.resize(grey, (cols, rows), interpolation=cv2.INTER_AREA)


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
    said = wrapped(f"{drawn_name(example.predicted)} {example.probability:.2f}", LINE)
    truth = "" if example.right else f"\n{wrapped(f'truth: {drawn_name(example.truth)}', LINE)}"
    axes.set_title(said + truth, fontsize=7, color=RIGHT if example.right else WRONG)
