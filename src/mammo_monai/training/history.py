"""``history.csv`` and one line of log per epoch, with the time that is left."""

from __future__ import annotations

import csv
import logging
import math
import time
from datetime import timedelta
from pathlib import Path

from ignite.engine import Engine, Events

from mammo_monai.evaluation.plots.curves import plot_curves
from mammo_monai.files import replacing
from mammo_monai.training.memory import peak_memory

logger = logging.getLogger(__name__)


def epoch_metrics(trainer: Engine, evaluator: Engine) -> dict[str, float]:
    """``train_*`` and ``val_*`` scalars of the epoch that just ended; ``val_*`` only when it was validated.

    A training of several phases has the ``phase`` that a handler set in its state as well.
    """
    parts = {"train": trainer}
    if evaluator.state.epoch == trainer.state.epoch:
        parts["val"] = evaluator
    phase = {"phase": float(trainer.state.phase)} if hasattr(trainer.state, "phase") else {}
    return phase | {
        f"{part}_{name}": float(value)
        for part, engine in parts.items()
        for name, value in engine.state.metrics.items()
        if isinstance(value, int | float)
    }


class EpochHistory:
    """Keeps each epoch's metrics, learning rate, seconds and peak memory in ``history.csv`` and draws ``curves.png``.

    A resumed run continues its own table. Under torchrun only rank 0 writes.

    Args:
        path: the CSV file, rewritten in one step after each epoch.
        evaluator: the validation engine.
        optimizer: its first group's learning rate is recorded.
    """

    def __init__(self, path: str, evaluator: Engine, optimizer: object) -> None:
        self.path = Path(path)
        self.evaluator = evaluator
        self.optimizer = optimizer
        self.rows: list[dict[str, str]] = []

    def attach(self, trainer: Engine) -> None:
        if trainer.state.rank == 0:
            trainer.add_event_handler(Events.STARTED, self._start)
            trainer.add_event_handler(Events.EPOCH_COMPLETED, self._record)
            trainer.add_event_handler(
                Events.COMPLETED, lambda _: plot_curves(self.path.with_name("curves.png"), self.path)
            )

    def _start(self, trainer: Engine) -> None:
        self._first_epoch, self._began, self._epoch_began = trainer.state.epoch, time.monotonic(), time.monotonic()
        if trainer.state.epoch and self.path.exists():
            with self.path.open(newline="", encoding="utf-8") as file:
                self.rows = [row for row in csv.DictReader(file) if int(row["epoch"]) <= trainer.state.epoch]

    def _record(self, trainer: Engine) -> None:
        epoch, now = trainer.state.epoch, time.monotonic()
        metrics = epoch_metrics(trainer, self.evaluator)
        rate = self.optimizer.param_groups[0]["lr"]  # type: ignore[attr-defined]
        seconds, self._epoch_began = now - self._epoch_began, now
        numbers = {"epoch": epoch, **metrics, "learning_rate": rate, "seconds": round(seconds, 2)} | peak_memory()
        self.rows.append({key: "" if math.isnan(value) else f"{value:.8g}" for key, value in numbers.items()})
        columns = list(dict.fromkeys(key for row in self.rows for key in row))
        with replacing(self.path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, columns)
            table.writeheader()
            table.writerows(self.rows)
        left = (now - self._began) / (epoch - self._first_epoch) * (trainer.state.max_epochs - epoch)
        shown = ", ".join(f"{key} {value:.4f}" for key, value in metrics.items())
        logger.info(
            "epoch %d/%d: %s; at most %s left", epoch, trainer.state.max_epochs, shown, timedelta(seconds=int(left))
        )
