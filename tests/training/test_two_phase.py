from __future__ import annotations

import copy
import csv
import json
import socket
from collections import OrderedDict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import pytest
import torch
from ignite.engine import Events
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import ValidationHandler
from monai.utils import set_determinism
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.training.checkpoint import Checkpoint
from mammo_monai.training.distributed import parallel
from mammo_monai.training.early_stop import StopEarly
from mammo_monai.training.epoch_seed import EpochSeed
from mammo_monai.training.history import EpochHistory
from mammo_monai.training.metrics import EpochLoss, MacroAUC
from mammo_monai.training.two_phase import TwoPhase

Build = Callable[..., SupervisedTrainer]
EPOCHS = 6


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.backbone(x))


class Watch:
    """Notes network, optimiser and learning rate after each epoch; may end the training like a kill."""

    def __init__(self, optimizer: torch.optim.Optimizer, kill_after: int) -> None:
        self.optimizer = optimizer
        self.kill_after = kill_after
        self.states: list[OrderedDict[str, torch.Tensor]] = []
        self.rates: list[float] = []
        self.moments: list[int] = []

    def attach(self, trainer: Any) -> None:
        trainer.add_event_handler(Events.STARTED | Events.EPOCH_COMPLETED, self)

    def __call__(self, trainer: Any) -> None:
        self.states.append(copy.deepcopy(trainer.network.state_dict()))
        self.rates.append(self.optimizer.param_groups[0]["lr"])
        self.moments.append(len(self.optimizer.state))
        if trainer.state.epoch == self.kill_after:
            raise KeyboardInterrupt


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Function that assembles a training as the bundle does."""

    def make(
        folder: str = "out",
        frozen_epochs: int = 2,
        patience: int = 10,
        resume: bool = False,
        kill_after: int = -1,
        max_epochs: int = EPOCHS,
        wrap: Callable[[nn.Module], nn.Module] = lambda network: network,
    ) -> SupervisedTrainer:
        set_determinism(0)
        generator = torch.Generator().manual_seed(1)
        features, labels = torch.randn(12, 4, generator=generator), torch.arange(12) % 3
        data = [{"image": x, "label": y} for x, y in zip(features, labels, strict=True)]
        network = wrap(Net())
        loss = nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(network.parameters(), 0.01)
        evaluator = SupervisedEvaluator(
            device="cpu",
            val_data_loader=DataLoader(Dataset(data), batch_size=4),
            network=network,
            key_val_metric={"macro_auc": MacroAUC()},
            additional_metrics={"loss": EpochLoss(loss)},
            decollate=False,
        )
        early_stop = StopEarly(evaluator, patience)
        two_phase = TwoPhase(network, optimizer, early_stop, frozen_epochs, 0.001)
        objects = {"network": network, "optimizer": optimizer, "early_stop": early_stop, "two_phase": two_phase}
        output = str(tmp_path / folder)
        watch = Watch(optimizer, kill_after)
        trainer = SupervisedTrainer(
            device="cpu",
            max_epochs=max_epochs,
            train_data_loader=DataLoader(Dataset(data), batch_size=4, shuffle=True),
            network=network,
            optimizer=optimizer,
            loss_function=loss,
            train_handlers=[
                EpochSeed(0, None),
                ValidationHandler(1, evaluator),
                early_stop,
                two_phase,
                EpochHistory(f"{output}/history.csv", evaluator, optimizer),
                Checkpoint(output, evaluator, objects, {"datalist_digest": "d"}, resume),
                watch,
            ],
            decollate=False,
            optim_set_to_none=True,
        )
        trainer.watch = watch
        return trainer

    return make


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open() as file:
        return [{k: v for k, v in row.items() if k != "seconds" and "memory" not in k} for row in csv.DictReader(file)]


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], part: str) -> bool:
    return all(torch.equal(a[key], b[key]) for key in a if key.startswith(part))


def test_frozen_is_frozen_to_the_last_statistic_then_everything_is_trained(build: Build, tmp_path: Path) -> None:
    trainer = build(frozen_epochs=2)
    trainer.run()
    states, watch = trainer.watch.states, trainer.watch
    assert [same(a, b, "backbone") for a, b in pairwise(states)] == [True] * 2 + [False] * 4
    assert not any(same(a, b, "head") for a, b in pairwise(states))
    assert watch.rates == [0.01] * 3 + [0.001] * 4
    assert watch.moments == [0, 2, 2] + [6] * 4  # Adam knows weight and bias of the head, then of all three layers
    rows = table(tmp_path / "out")
    assert [row["phase"] for row in rows] == ["1", "1", "2", "2", "2", "2"]
    assert [float(row["learning_rate"]) for row in rows] == [0.01] * 2 + [0.001] * 4
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5", "6"]


def test_the_second_phase_starts_with_a_new_optimiser(build: Build) -> None:
    trainer = build(frozen_epochs=2)
    trainer.run()
    steps = {int(state["step"]) for state in trainer.optimizer.state.values()}
    assert steps == {4 * 3}  # four epochs of three batches, for head and backbone alike


def test_early_stop_ends_the_first_phase_then_starts_anew_and_ends_the_training(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = {1: 1.0, 2: 2.0, 3: 3.0, 4: 9.0, 5: 8.0, 6: 8.5, 7: 8.5, 8: 1.0}
    trainer = build(frozen_epochs=20, patience=2, max_epochs=12)
    monkeypatch.setattr(EpochLoss, "compute", lambda self: losses[trainer.state.epoch])
    trainer.run()
    assert [row["phase"] for row in table(tmp_path / "out")] == ["1"] * 3 + ["2"] * 4


def test_the_best_checkpoint_is_kept_over_both_phases(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = {1: 0.5, 2: 0.9, 3: 0.6, 4: 0.7, 5: 0.8, 6: 0.4}
    trainer = build(frozen_epochs=2)
    monkeypatch.setattr(MacroAUC, "compute", lambda self: scores[trainer.state.epoch])
    trainer.run()
    assert json.loads((tmp_path / "out" / "model.json").read_text())["epoch"] == 2


def test_no_frozen_epochs_is_one_phase(build: Build, tmp_path: Path) -> None:
    trainer = build(frozen_epochs=0)
    trainer.run()
    assert trainer.watch.rates == [0.01] * (EPOCHS + 1)
    assert not same(trainer.watch.states[0], trainer.watch.states[1], "backbone")
    assert {row["phase"] for row in table(tmp_path / "out")} == {"2"}


@pytest.mark.parametrize("kill_after", [1, 2, 3, 4])
def test_a_resumed_training_is_the_uninterrupted_one_in_either_phase(
    build: Build, tmp_path: Path, kill_after: int
) -> None:
    whole = build("whole")
    whole.run()
    with pytest.raises(KeyboardInterrupt):
        build("parts", kill_after=kill_after).run()
    rest = build("parts", resume=True)
    rest.run()
    assert table(tmp_path / "whole") == table(tmp_path / "parts")
    assert same(whole.network.state_dict(), rest.network.state_dict(), "")
    cards = [json.loads((tmp_path / folder / "model.json").read_text()) for folder in ("whole", "parts")]
    assert cards[0]["epoch"] == cards[1]["epoch"]


@pytest.mark.parametrize("kill_after", [2, 3])
def test_a_resume_remembers_that_early_stop_ended_the_first_phase(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill_after: int
) -> None:
    now = {"epoch": lambda: 0}
    monkeypatch.setattr(EpochLoss, "compute", lambda self: float(now["epoch"]()))

    def run(folder: str, **options: Any) -> None:
        trainer = build(folder, frozen_epochs=20, patience=2, max_epochs=12, **options)
        now["epoch"] = lambda: trainer.state.epoch
        trainer.run()

    run("whole")
    with pytest.raises(KeyboardInterrupt):
        run("parts", kill_after=kill_after)
    run("parts", resume=True)
    assert table(tmp_path / "whole") == table(tmp_path / "parts")
    assert [row["phase"] for row in table(tmp_path / "whole")] == ["1"] * 3 + ["2"] * 3


def test_another_handler_may_end_the_training_in_the_first_phase(build: Build, tmp_path: Path) -> None:
    trainer = build(frozen_epochs=4)
    trainer.add_event_handler(Events.EPOCH_COMPLETED(once=2), lambda: trainer.terminate())
    trainer.run()
    assert [row["phase"] for row in table(tmp_path / "out")] == ["1", "1"]


def test_under_torchrun_the_gradients_of_both_phases_are_waited_for(build: Build, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.distributed.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=0, world_size=1)
    try:
        wrapped = build("wrapped", wrap=lambda network: parallel(network, "cpu"))
        wrapped.run()
    finally:
        idist.finalize()
    build("plain").run()
    assert table(tmp_path / "wrapped") == table(tmp_path / "plain")


@pytest.mark.parametrize(("epochs", "rate"), [(-1, 1e-5), (5, 0), (5, -1e-5)])
def test_impossible_settings_are_named(epochs: int, rate: float) -> None:
    network = Net()
    optimizer = torch.optim.Adam(network.parameters())
    with pytest.raises(MammoError, match="frozen_epochs"):
        TwoPhase(network, optimizer, None, epochs, rate)
