from __future__ import annotations

import torch
from ignite.engine import Engine, Events
from monai.transforms import Compose, RandGaussianNoised

from mammo_monai.training.epoch_seed import EpochSeed


def draws(seed, first_epoch):
    """What torch and a random transform draw in epochs ``first_epoch``..3."""
    noise = RandGaussianNoised("image", prob=1.0)
    trainer = Engine(
        lambda *_: drawn.append((torch.rand(1).item(), noise({"image": torch.zeros(1, 2)})["image"].sum()))
    )
    EpochSeed(seed, Compose([noise])).attach(trainer)
    drawn = []
    trainer.state.epoch = trainer.state.iteration = first_epoch - 1
    trainer.add_event_handler(Events.STARTED, lambda engine: setattr(engine.state, "epoch", first_epoch - 1))
    trainer.run([0], max_epochs=3)
    return [(a, float(b)) for a, b in drawn]


def test_an_epoch_draws_the_same_after_a_resume_and_epochs_differ():
    whole, resumed = draws(0, 1), draws(0, 3)
    assert resumed[-1] == whole[2]
    assert len(set(whole)) == 3
    assert draws(1, 1) != whole
