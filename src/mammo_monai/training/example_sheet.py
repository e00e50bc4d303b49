"""Ignite handler that draws a sample of the evaluated images with what the network said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events

from mammo_monai.evaluation.examples import Example, draw, small
from mammo_monai.evaluation.plots import save
from mammo_monai.training.sample import Sample


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
        self.right, self.wrong = (Sample[Example](self.count, self.seed + i) for i in range(2))

    def _collect(self, engine: Engine) -> None:
        for item, output in zip(engine.state.batch, engine.state.output, strict=True):
            if "label" in item and not item.get("error"):
                example = self._example(item, output["pred"])
                (self.right if example.right else self.wrong).offer(example)

    def _example(self, item: Mapping[str, Any], scores: torch.Tensor) -> Example:
        return Example(
            self.right.seen + self.wrong.seen,
            small(np.asarray(item["image"][0].cpu(), np.float32)),
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
