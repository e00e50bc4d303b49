"""Bundles run in this process: importing MONAI costs seconds, so a process is started only where one is the point."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from monai.bundle import ConfigWorkflow

Workflow = Callable[..., ConfigWorkflow]


@pytest.fixture(autouse=True)
def _excepthook(monkeypatch: pytest.MonkeyPatch) -> None:
    """``one_line_errors`` sets it; a test must not leave it behind."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


@pytest.fixture(scope="session")
def bundle(repository: Path) -> Path:
    """Folder of the BI-RADS bundle."""
    return repository / "bundles" / "birads_classifier"


@pytest.fixture
def workflow(bundle: Path, phantoms: Path, tmp_path: Path) -> Workflow:
    """Function that parses configs of the bundle with small settings for the phantoms, and overrides."""

    def make(*configs: str, kind: str = "train", run_id: str = "run", **overrides: Any) -> ConfigWorkflow:
        small: dict[str, Any] = {"dataset_dir": str(phantoms), "output_dir": str(tmp_path / "out"), "num_workers": 0}
        if kind == "train":
            small |= {"cache_dir": str(tmp_path / "cache"), "tracking_uri": f"sqlite:///{tmp_path / 'mlflow.db'}"}
        if "train" in configs[0] and len(configs) == 1:
            small |= {"weights": "none", "backbone": "resnet18", "spatial_size": [64, 64], "max_epochs": 2}
            small |= {"batch_size": 8, "learning_rate": 1e-3}
        made = ConfigWorkflow(
            config_file=[str(bundle / "configs" / f"{name}.json") for name in configs],
            meta_file=str(bundle / "configs" / "metadata.json"),
            logging_file=False,
            run_id=run_id,
            workflow_type=kind,
            bundle_root=str(bundle),
            **small | overrides,
        )
        made.initialize()
        return made

    return make


@pytest.fixture
def train(workflow: Workflow) -> Workflow:
    """Function that runs a whole training."""

    def run(**overrides: Any) -> ConfigWorkflow:
        made = workflow("train", **overrides)
        made.run()
        made.finalize()
        return made

    return run
