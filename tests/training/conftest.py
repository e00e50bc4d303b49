"""A training small enough for every test: a linear network on twelve random vectors, assembled as the bundles do it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from mlflow import MlflowClient
from mlflow.entities import Run
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import LrScheduleHandler, ValidationHandler
from monai.utils import set_determinism

from mammo_monai.training.checkpoint import Checkpoint
from mammo_monai.training.early_stop import StopEarly
from mammo_monai.training.epoch_seed import EpochSeed
from mammo_monai.training.history import EpochHistory
from mammo_monai.training.metrics import ClassFigures, EpochLoss, MacroAUC
from mammo_monai.training.tracking import MLflowRun

Build = Callable[..., SupervisedTrainer]


@pytest.fixture
def build(tmp_path: Path, store: MlflowClient) -> Build:
    """Function that assembles a trainer in ``tmp_path`` with the handlers of the bundles."""

    def make(
        *,
        max_epochs: int = 2,
        resume: bool = False,
        patience: int = 10,
        folder: str = "out",
        extra: Any = (),
        **run: Any,
    ) -> SupervisedTrainer:
        set_determinism(0)
        generator = torch.Generator().manual_seed(1)
        features, labels = torch.randn(12, 4, generator=generator), torch.arange(12) % 3
        data = [{"image": x, "label": y} for x, y in zip(features, labels, strict=True)]
        network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 3))
        loss = torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(network.parameters(), 0.01)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
        evaluator = SupervisedEvaluator(
            device="cpu",
            val_data_loader=DataLoader(Dataset(data), batch_size=5),
            network=network,
            key_val_metric={"macro_auc": MacroAUC()},
            additional_metrics={"figures": ClassFigures(["a", "b", "c"]), "loss": EpochLoss(loss)},
            decollate=False,
        )
        early_stop = StopEarly(evaluator, patience)
        tracking = MLflowRun(
            f"sqlite:///{tmp_path / 'mlflow.db'}", "tests", run.pop("run_name", "toy"), {"answer": 42}, evaluator, **run
        )
        objects = {"network": network, "optimizer": optimizer, "scheduler": scheduler}
        objects |= {"early_stop": early_stop, "tracking": tracking}
        card = {"datalist_digest": "d", "class_names": ["a", "b", "c"], "run_id": lambda: tracking.run_id}
        output = str(tmp_path / folder)
        return SupervisedTrainer(
            device="cpu",
            max_epochs=max_epochs,
            train_data_loader=DataLoader(Dataset(data), batch_size=5, shuffle=True),
            network=network,
            optimizer=optimizer,
            loss_function=loss,
            key_train_metric={"macro_auc": MacroAUC()},
            train_handlers=[
                EpochSeed(0, None),
                ValidationHandler(1, evaluator),
                LrScheduleHandler(scheduler, print_lr=False, step_transform=lambda _: evaluator.state.metrics["loss"]),
                early_stop,
                EpochHistory(f"{output}/history.csv", evaluator, optimizer),
                Checkpoint(output, evaluator, objects, card, resume),
                tracking,
                *extra,
            ],
            decollate=False,
        )

    return make


@pytest.fixture
def store(tmp_path: Path, empty_store: Path) -> MlflowClient:
    """Client of the store that :func:`build` tracks into."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")


@pytest.fixture
def runs(store: MlflowClient) -> Callable[[], list[Run]]:
    """Function that lists the runs so far, oldest first."""

    def listed() -> list[Run]:
        experiment = store.get_experiment_by_name("tests")
        return list(store.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"]))

    return listed
