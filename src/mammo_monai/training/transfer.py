"""Weights of another run: whether its images were prepared alike, and a report of what was taken from it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from ignite.engine import Engine, Events
from monai.transforms.compose import Compose
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.files import write_text
from mammo_monai.networks.card import card
from mammo_monai.training.checkpoint import plain
from mammo_monai.training.deterministic_part import steps

logger = logging.getLogger(__name__)

Weights = TypeVar("Weights", str, Mapping[str, str])


def preprocessing_digest(transform: Compose) -> dict[str, str]:
    """What tells a deterministic chain from others: for each transform, numbered in order, its parameters' SHA-256.

    It stands in the card of every checkpoint and is the same on every machine.
    """
    return {f"{number} {name}": digest for number, (name, digest) in enumerate(steps(transform.flatten().transforms))}


def same_preprocessing(weights: Weights, transform: Compose, transfer: str = "same") -> Weights:
    """``weights`` as they are, if they were trained on images that went through the same deterministic chain.

    Args:
        weights: as for :func:`mammo_monai.networks.weights.load_weights`; files without a card, or with one that says
            nothing of preprocessing, are let through with a warning.
        transform: the deterministic chain of this run.
        transfer: "same", or "any" to take weights whatever they were trained on.

    Raises:
        MammoError: reason ``other-preprocessing``, naming the transforms that differ; ``bad-option``.
    """
    _check_option(transfer)
    sources = weights.values() if isinstance(weights, Mapping) else [weights]
    for source in sources:
        if source not in ("imagenet", "none"):
            check_preprocessing(card(source), transform, source, transfer)
    return weights


def check_preprocessing(trained: Mapping[str, Any], transform: Compose, source: str, transfer: str = "same") -> None:
    """Refuse a deterministic chain that differs from the one the weights were trained with.

    Args:
        trained: card of the weights; one that says nothing of preprocessing is let through with a warning.
        transform: the chain.
        source: names the weights.
        transfer: "same", or "any" to take them all the same.

    Raises:
        MammoError: reason ``other-preprocessing``, naming the transforms that differ; ``bad-option``.
    """
    _check_option(transfer)
    if transfer == "any":
        return
    theirs, ours = trained.get("preprocessing"), preprocessing_digest(transform)
    if theirs is None:
        logger.warning("%s: nothing is known of the preprocessing it was trained with", source)
    elif theirs != ours:
        differing = {key.partition(" ")[2]: None for key, _ in sorted(theirs.items() ^ ours.items())}
        raise MammoError(
            f"{source}: trained on images of other preprocessing (other: {', '.join(differing)}); set the same ids, "
            "or take it all the same with --transfer any",
            "other-preprocessing",
        )


def _check_option(transfer: str) -> None:
    if transfer not in ("same", "any"):
        raise MammoError(f"transfer {transfer!r}: expected 'same' or 'any'", "bad-option")


class TransferReport:
    """Ignite handler that writes what the network took from which file, at the start; see ``load_weights``.

    Args:
        network: as ``load_weights`` gave it back, wrapped for distributed training or not.
        path: the JSON file.
    """

    def __init__(self, network: nn.Module, path: str) -> None:
        self.report = vars(plain(network)).get("weights_report", [])
        self.path = Path(path)

    def attach(self, trainer: Engine) -> None:
        if trainer.state.rank == 0:
            trainer.add_event_handler(Events.STARTED, self._write)

    def _write(self) -> None:
        write_text(self.path, json.dumps(self.report, indent=2) + "\n")
