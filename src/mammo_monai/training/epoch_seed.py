"""Randomness that depends on the seed and the epoch alone."""

from __future__ import annotations

import torch
import torch.distributed as dist
from ignite.engine import Engine, Events
from monai.data.utils import set_rnd


class EpochSeed:
    """Seed shuffling, dropout and augmentation anew at each epoch from (seed, epoch, rank).

    A resumed training then draws what the uninterrupted one would have drawn, without storing generator states.

    Args:
        seed: the run's seed.
        transform: the training transforms, whose own generators are seeded too.
    """

    def __init__(self, seed: int, transform: object) -> None:
        self.seed = seed
        self.transform = transform

    def attach(self, engine: Engine) -> None:
        engine.add_event_handler(Events.EPOCH_STARTED, self)

    def __call__(self, engine: Engine) -> None:
        rank = dist.get_rank() if dist.is_available() and dist.is_initialized() else 0
        seed = (self.seed * 1_000_003 + engine.state.epoch * 1_009 + rank) % 2**31
        torch.manual_seed(seed)
        set_rnd(self.transform, seed)
