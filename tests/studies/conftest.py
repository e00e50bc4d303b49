"""A small bundle, its data, and a worker that predicts without training."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mammo_monai.datasets import adapters, datalist, labels
from mammo_monai.studies import table
from mammo_monai.studies.folder import FINISHED, Outcome, read_json, write_json

CONFIG = {
    "bundle_root": ".",
    "output_dir": "models",
    "dataset_dir": "data",
    "datalist": "datalist.json",
    "cache_dir": "cache",
    "num_workers": 2,
    "device": "cpu",
    "experiment_name": "small",
    "run_name": "",
    "learning_rate": 0.1,
    "batch_size": 8,
    "max_epochs": 3,
    "weights": "none",
    "backbone": "resnet18",
    "network": {"options": {"blocks": 1, "dropout": 0.0}, "layers": [{"size": 3}]},
}
PRESETS = {
    "wide": {"network#options": {"blocks": 4, "dropout": 0.1}, "learning_rate": 0.2},
    "slow": {"learning_rate": 0.01},
}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Folder of a bundle with a ``train.json`` and two presets."""
    folder = tmp_path / "bundle"
    (folder / "configs" / "presets").mkdir(parents=True)
    (folder / "configs" / "train.json").write_text(json.dumps(CONFIG))
    for name, preset in PRESETS.items():
        (folder / "configs" / "presets" / f"{name}.json").write_text(json.dumps(preset))
    return folder


@pytest.fixture(scope="session")
def folds(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three folds of the phantoms, three classes."""
    folder = tmp_path_factory.mktemp("folds")
    made = datalist.build_all(
        adapters.read("phantom", phantoms), labels.load("birads_screening"), phantoms, name="phantom", folds=3, seed=1
    )
    for number, content in enumerate(made):
        datalist.write(content, folder / f"fold-{number}.json")
    return sorted(folder.glob("*.json"))


@pytest.fixture
def tracking_uri(tmp_path: Path, empty_store: Path) -> str:
    """Address of an empty MLflow store."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def study() -> Callable[..., table.Study]:
    """Function that makes a study of rows, given as overlays by name."""

    def make(common: Mapping[str, Any] | None = None, **rows: Mapping[str, Any]) -> table.Study:
        made = tuple(table.Row(name, overlay=overlay) for name, overlay in rows.items())
        return table.Study("s", "", made[0].name, common or {}, made)

    return make


class FakeWorker:
    """In place of a process: predicts the test section with the skill that the row's learning rate is.

    A learning rate of 9 fails. ``started`` lists rows and lists in the order of their starts.
    """

    def __init__(self) -> None:
        self.started: list[str] = []
        self.specs: list[dict[str, Any]] = []

    def __call__(self, spec_file: Path, environment: Mapping[str, str]) -> Outcome:
        spec = read_json(spec_file) or {}
        folder = Path(spec["folder"])
        self.started.append(f"{spec['row']}/{folder.name}")
        self.specs.append(spec)
        overlay = json.loads((folder / "overlay.json").read_text())
        if overlay.get("learning_rate") == 9:
            return Outcome(folder, "out-of-memory", "out of memory; lower batch_size")
        if spec["evaluation"]:
            predict(Path(spec["training"]["overrides"]["datalist"]), folder, overlay.get("learning_rate", 0.1))
        measured = {
            "epochs": 3,
            "training_seconds": 2.5,
            "parameters": 1000,
            "peak_memory": 2e9,
            "images_per_second": 4.0,
        }
        write_json(folder / FINISHED, {"row": spec["row"], "identity": spec["identity"], "measured": measured})
        return Outcome(folder)


def predict(listed: Path, folder: Path, skill: float) -> None:
    """Write ``predictions.csv``: every ``round(1 / skill)``-th row is right, by path."""
    content = datalist.read(listed)
    names, every = content["classes"], round(1 / skill)
    with (folder / "predictions.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["path", "patient", "label", *(f"p_{name}" for name in names)])
        for index, item in enumerate(sorted(content["test"], key=lambda item: item["image"])):
            called = item["label"] if index % every == 0 else (item["label"] + 1) % len(names)
            scores = np.where(np.arange(len(names)) == called, 0.5, 0.5 / (len(names) - 1))
            out.writerow([item["image"], item["patient"], names[item["label"]], *scores])


@pytest.fixture
def worker() -> FakeWorker:
    return FakeWorker()
