"""A BI-RADS bundle that is quick: ResNet-18 at 64x64."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CLASSES = ("045", "1", "23")
CONFIGS = Path(__file__).resolve().parents[1] / "bundles" / "birads_classifier" / "configs"


def network() -> Any:
    """The network of the bundle, with PyTorch's own initial weights."""
    from mammo_monai.networks.birads_net import BiradsNet

    return BiradsNet("resnet18", len(CLASSES), 64)


def write_bundle(folder: Path, state: Mapping[str, Any]) -> Path:
    """A bundle of these weights in ``folder``, with the card a training would have left."""
    import torch

    from mammo_monai.inference.classifier import read_classifier
    from mammo_monai.networks.checkpoints import sha256
    from mammo_monai.training.transfer import preprocessing_digest

    bundle = folder / "birads_classifier"
    shutil.copytree(CONFIGS, bundle / "configs")
    weights = bundle / "models" / "model.pt"
    weights.parent.mkdir()
    torch.save(dict(state), weights)
    card = {"backbone": "resnet18", "class_names": list(CLASSES), "spatial_size": [64, 64]}
    card |= {"label_map": "birads3", "sha256": sha256(weights), "run_id": "run", "datalist_digest": "digest"}
    weights.with_suffix(".json").write_text(json.dumps(card))
    card["preprocessing"] = preprocessing_digest(read_classifier(bundle, {"device": "cpu"}).transform)
    weights.with_suffix(".json").write_text(json.dumps(card))
    return bundle
