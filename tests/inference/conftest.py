"""A bundle with small weights of its own, whose card says what a training's would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from mammo_monai.inference.classifier import read_classifier
from mammo_monai.networks.birads_net import BiradsNet
from mammo_monai.networks.weights import sha256
from mammo_monai.training.transfer import preprocessing_digest


def save_weights(bundle: Path, seed: int = 0) -> Path:
    """Random weights as ``models/model.pt`` of a bundle, with their card; returns the file."""
    torch.manual_seed(seed)
    weights = bundle / "models" / "model.pt"
    torch.save(BiradsNet("resnet18", 3, 64).state_dict(), weights)
    card = {"backbone": "resnet18", "class_names": ["045", "1", "23"], "spatial_size": [64, 64]}
    card |= {"sha256": sha256(weights), "run_id": "run", "datalist_digest": "digest"}
    weights.with_suffix(".json").write_text(json.dumps(card))
    card["preprocessing"] = preprocessing_digest(read_classifier(bundle, {"device": "cpu"}).transform)
    weights.with_suffix(".json").write_text(json.dumps(card))
    return weights


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "birads_classifier"
    shutil.copytree(repository / "bundles" / "birads_classifier" / "configs", folder / "configs")
    (folder / "models").mkdir()
    save_weights(folder)
    return folder


@pytest.fixture
def bundle(_made: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    shutil.copytree(_made, tmp_path / "birads_classifier")
    return tmp_path / "birads_classifier"
