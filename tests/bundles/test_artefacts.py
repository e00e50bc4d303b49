"""Every bundle can blacken what is not breast (``artefacts``), and cards from before it could are still theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from monai.bundle import ConfigParser

from mammo_monai.training.transfer import preprocessing_digest

BUNDLES = sorted((Path(__file__).resolve().parents[2] / "bundles").iterdir())
STEP = "RemoveArtefactsd"

pytestmark = pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)


def config(bundle: Path, name: str = "train") -> dict[str, Any]:
    return dict(json.loads((bundle / "configs" / f"{name}.json").read_text()))


def chain(content: dict[str, Any], artefacts: str) -> Any:
    return ConfigParser({**content, "artefacts": artefacts}).get_parsed_content("validate#preprocessing")


def test_each_choice_is_another_preprocessing(bundle, phantoms):
    train = config(bundle)
    image = next((phantoms / "images").rglob("*.dicom"))
    chains = {by: chain(train, by) for by in ("none", "otsu", "breast")}
    digests = [preprocessing_digest(made) for made in chains.values()]
    assert all(digests.count(digest) == 1 for digest in digests)
    whole, *cleaned = (
        made({"image": str(image), "box": [0, 0, 160, 128]})["image"].as_tensor() for made in chains.values()
    )
    assert not any(torch.equal(whole, other) for other in cleaned)


def test_a_step_that_came_later_is_not_there_when_it_is_off(bundle):
    """Otherwise every checkpoint and prepared store of earlier versions would be refused."""
    train = config(bundle)
    steps = train["train"]["deterministic_transforms"]
    (step,) = [step for step in steps if step["_target_"].endswith(STEP)]
    if "_disabled_" not in step:  # this bundle has had it from the first
        assert any(name.endswith(STEP) for name in preprocessing_digest(chain(train, "none")))
        return
    now = preprocessing_digest(chain(train, "none"))
    steps.remove(step)
    assert now == preprocessing_digest(chain(train, "none"))
    assert train["artefacts"] == "none"


def test_evaluation_and_inference_do_as_the_card_says(bundle):
    train = config(bundle)
    (checkpoint,) = [step for step in train["train"]["handlers"] if step["_target_"].endswith("Checkpoint")]
    assert checkpoint["card"]["artefacts"] == "@artefacts"
    for name in ("evaluate", "inference"):
        assert config(bundle, name)["artefacts"] == f"$@card.get('artefacts', {train['artefacts']!r})"
