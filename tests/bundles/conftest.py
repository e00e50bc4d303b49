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
def data(phantoms: Path) -> dict[str, str]:
    """Ids that name the data."""
    return {"dataset_dir": str(phantoms)}


@pytest.fixture
def small() -> dict[str, Any]:
    """Ids that make a training a matter of seconds."""
    return {
        "weights": "none", "backbone": "resnet18", "spatial_size": [64, 64], "max_epochs": 2, "batch_size": 8,
        "learning_rate": 1e-3,
    }  # fmt: skip


@pytest.fixture
def workflow(bundle: Path, data: dict[str, str], small: dict[str, Any], tmp_path: Path) -> Workflow:
    """Function that parses configs of the bundle with small settings for the phantoms, and overrides."""

    def make(*configs: str, kind: str = "train", run_id: str = "run", **overrides: Any) -> ConfigWorkflow:
        given: dict[str, Any] = {**data, "output_dir": str(tmp_path / "out"), "num_workers": 0}
        if kind == "train":
            given |= {"cache_dir": str(tmp_path / "cache"), "tracking_uri": f"sqlite:///{tmp_path / 'mlflow.db'}"}
            given |= small if "evaluate" not in configs else {}
        made = ConfigWorkflow(
            config_file=[str(bundle / "configs" / f"{name}.json") for name in configs],
            meta_file=str(bundle / "configs" / "metadata.json"),
            logging_file=False,
            run_id=run_id,
            workflow_type=kind,
            bundle_root=str(bundle),
            **given | overrides,
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
