"""The probabilities of a known exam and known weights, which every application asserts in its own environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from monai.bundle import ConfigWorkflow

from mammo_monai.inference.predictor import Predictor


def test_the_predictor(golden):
    golden.check(Predictor(golden.bundle, device="cpu").predict(golden.exam).to_json())


def test_the_bundle_itself(golden, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the bundle sets it; put back afterwards
    workflow = ConfigWorkflow(
        config_file=str(golden.bundle / "configs" / "inference.json"),
        meta_file=str(golden.bundle / "configs" / "metadata.json"),
        logging_file=False,
        workflow_type="inference",
        bundle_root=str(golden.bundle),
        dataset_dir=str(golden.exam),
        output_dir=str(tmp_path),
        device="cpu",
    )
    workflow.initialize()
    workflow.run()
    workflow.finalize()
    (written,) = Path(tmp_path / "exams").glob("*.json")
    golden.check(json.loads(written.read_text()))


def test_a_difference_is_seen(golden):
    content = Predictor(golden.bundle, device="cpu", preprocessing="any").predict(golden.exam).to_json()
    content["images"][2]["outcome"]["probabilities"]["23"] += 3e-5
    with pytest.raises(AssertionError, match="R-CC probabilities 23"):
        golden.check(content)
