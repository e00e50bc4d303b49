"""``model.pt``, ``model.json`` and ``last.pt``: the best network, what it is, and all that a resume needs."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events

from mammo_monai import __version__
from mammo_monai.errors import MammoError
from mammo_monai.files import replacing, write_text
from mammo_monai.networks.checkpoints import sha256

logger = logging.getLogger(__name__)


def plain(module: Any) -> Any:
    """The module inside a DistributedDataParallel wrapper, or the object itself."""
    return module.module if isinstance(module, torch.nn.parallel.DistributedDataParallel) else module


class Checkpoint:
    """Save after every epoch, keep the best by a validation metric, and restore when asked to.

    Attached to the trainer behind validation, learning-rate schedule and early stop, so that the stored state is the
    one the next epoch starts from. Under torchrun every rank restores, rank 0 writes.

    Args:
        output_dir: folder of the three files.
        evaluator: engine whose ``state.metrics[metric]`` decides, larger is better; NaN never wins.
        objects: everything a resume needs, by name; "network" among them.
        card: what ``model.json`` says beside checksum and epoch: "datalist_digest", backbone, classes, size, ...; a
            value may be a callable, asked when the card is written.
        resume: continue from ``last.pt``.
        metric: name of the deciding metric.
    """

    def __init__(
        self,
        output_dir: str,
        evaluator: Engine,
        objects: Mapping[str, Any],
        card: Mapping[str, Any],
        resume: bool = False,
        metric: str = "macro_auc",
    ) -> None:
        self.folder = Path(output_dir)
        self.evaluator = evaluator
        self.objects = {name: plain(item) for name, item in objects.items()}
        self.card = card
        self.resume = resume
        self.metric = metric
        self.best = -math.inf

    def attach(self, trainer: Engine) -> None:
        if self.resume:
            self._restore(trainer)
        elif (self.folder / "last.pt").exists():
            raise MammoError(
                f"{self.folder / 'last.pt'}: this folder holds an earlier training; continue it with --resume True or "
                "choose another --output_dir",
                reason="exists",
            )
        trainer.add_event_handler(Events.EPOCH_COMPLETED, self._save)

    def _save(self, trainer: Engine) -> None:
        score = self.evaluator.state.metrics.get(self.metric, math.nan)
        improved = self.evaluator.state.epoch == trainer.state.epoch and score > self.best
        if improved:
            self.best = score
        if trainer.state.rank:
            return
        if improved:
            self._save_best(trainer)
        state = {name: item.state_dict() for name, item in self.objects.items()}
        progress = {
            "epoch": trainer.state.epoch,
            "iteration": trainer.state.iteration,
            "best": self.best,
            "scaler": trainer.scaler.state_dict() if trainer.scaler else {},
            "datalist_digest": self.card["datalist_digest"],
        }
        with replacing(self.folder / "last.pt") as temporary:
            _torch_save({**state, "progress": progress}, temporary)

    def _save_best(self, trainer: Engine) -> None:
        model = self.folder / "model.pt"
        with replacing(model) as temporary:
            _torch_save(self.objects["network"].state_dict(), temporary)
            self._save_card(trainer, sha256(temporary), model)

    def _save_card(self, trainer: Engine, digest: str, model: Path) -> None:
        """Written just before the weights are renamed; ``replaces`` keeps the pair valid if a kill falls in between."""
        card = {
            "sha256": digest,
            "replaces": sha256(model) if model.exists() else "",
            "epoch": trainer.state.epoch,
            f"val_{self.metric}": self.best,
            **{key: value() if callable(value) else value for key, value in self.card.items()},
            "mammo_monai": __version__,
        }
        write_text(self.folder / "model.json", json.dumps(card, indent=2) + "\n")

    def _restore(self, trainer: Engine) -> None:
        path = self.folder / "last.pt"
        if not path.exists():
            raise MammoError(f"{path}: nothing to resume; start without --resume or name its --output_dir", "not-found")
        try:
            stored = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # whatever a damaged file makes the reader raise
            raise MammoError(
                f"{path}: damaged, cannot be resumed from; start anew in another --output_dir", "damaged"
            ) from error
        missing = [name for name in (*self.objects, "progress") if name not in stored]
        if missing:
            raise MammoError(f"{path}: lacks {', '.join(missing)}; it was written by another configuration", "mismatch")
        for name, item in self.objects.items():
            try:
                item.load_state_dict(stored[name])
            except (RuntimeError, ValueError, KeyError) as error:
                first = str(error).splitlines()[0]
                raise MammoError(f"{path}: {name} does not fit this configuration ({first})", "mismatch") from error
        progress = stored["progress"]
        if progress["datalist_digest"] != self.card["datalist_digest"]:
            raise MammoError(
                f"{path}: was trained on another datalist; name that one, or another --output_dir", "mismatch"
            )
        if trainer.scaler and progress["scaler"]:
            trainer.scaler.load_state_dict(progress["scaler"])
        trainer.state.epoch, trainer.state.iteration = progress["epoch"], progress["iteration"]
        self.best = progress["best"]
        if progress["epoch"] >= trainer.state.max_epochs:
            raise MammoError(
                f"{path}: already trained for {progress['epoch']} epochs; raise --max_epochs above that to go on",
                "done",
            )
        logger.info("resuming after epoch %d (best %s %.4f)", progress["epoch"], self.metric, self.best)


def _torch_save(state: Any, path: Path) -> None:
    """``torch.save`` whose failure (it reports a full disk as RuntimeError) is an OSError again."""
    try:
        with path.open("wb") as file:
            torch.save(state, file)
    except RuntimeError as error:
        raise OSError("not written whole, the disk is probably full") from error
