from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from ignite.engine import Engine

from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.decisions.calling import decide
from mammo_monai.evaluation.decisions.fitting import fit
from mammo_monai.evaluation.decisions.plan import DEFAULT, Plan
from mammo_monai.evaluation.scored import of
from mammo_monai.training.decision_writer import DecisionWriter
from mammo_monai.training.evaluation_writer import EvaluationWriter
from mammo_monai.training.prediction_writer import PredictionWriter

CLASSES = ["045", "1", "23"]
LABELS = np.arange(60) % 3
SCORES = (np.random.default_rng(0).dirichlet([1, 1, 1], 60) + np.eye(3)[LABELS]) / 2


@pytest.fixture
def weights(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"weights")
    return tmp_path / "model.pt"


def run(writer: PredictionWriter, scores=SCORES) -> None:
    """Images of an exam each; the last cannot be read."""
    items = [
        {
            "identity": {"path": str(i), "patient": f"p{i}", "exam": f"e{i}", "laterality": "L", "view": "CC"},
            "label": torch.tensor(label),
        }
        for i, label in enumerate(LABELS)
    ]
    items[-1]["error"] = "unreadable: cut short"

    def step(engine, batch):
        engine.state.output = [{"pred": torch.tensor(score)} for score in scores]
        return engine.state.output

    engine = Engine(step)
    writer.attach(engine)
    engine.run([items])


def called(folder):
    return [row["decision"] for row in csv.DictReader((folder / "predictions.csv").open())]


def test_an_evaluation_is_decided_by_what_lies_beside_the_weights(weights, tmp_path):
    stored = fit(of(LABELS, SCORES, CLASSES), weights, Plan(decide_by="23, sensitivity 0.9"))
    storage.write(stored, weights)
    writer = EvaluationWriter(tmp_path / "out", CLASSES, {"section": "test"}, weights)
    run(writer)
    assert called(tmp_path / "out") == [*decide(SCORES[:-1], stored).called, ""]
    assert writer.metrics["context"]["decision"] == str(stored) and "23, sensitivity 0.9" in str(stored)
    assert not (tmp_path / "out" / "exams").exists()


@pytest.mark.parametrize("plan", [DEFAULT, Plan((("cost", 5.0),), "10%", "23, cost 5")])
def test_validation_is_decided_by_what_is_fitted_on_it(weights, tmp_path, plan):
    """One pass in place of two: the decision and the table are those of a pass to fit and another to evaluate."""
    run(DecisionWriter(tmp_path / "apart", CLASSES, weights, "none", plan))
    first = (tmp_path / "decision.json").read_bytes()
    before = EvaluationWriter(tmp_path / "two passes", CLASSES, {}, weights)
    run(before)
    (tmp_path / "decision.json").write_text("{}")  # whatever lies there is not looked at
    writer = EvaluationWriter(tmp_path / "one pass", CLASSES, {}, weights, plan=plan)
    run(writer)
    assert (tmp_path / "decision.json").read_bytes() == first
    assert called(tmp_path / "one pass") == called(tmp_path / "two passes")
    assert set(called(tmp_path / "one pass")[:-1]) <= {*CLASSES, "abstain"}
    assert writer.metrics == before.metrics
    assert writer.decision == before.decision == storage.read(weights)


def test_a_validation_whose_decision_cannot_be_kept_goes_on_without(weights, tmp_path, caplog):
    (tmp_path / "decision.json").mkdir()
    writer = EvaluationWriter(tmp_path / "out", CLASSES, {}, weights, plan=DEFAULT)
    run(writer)
    assert "goes on without a decision" in caplog.text
    assert set(called(tmp_path / "out")) == {""}
    assert writer.metrics["context"]["decision"].startswith("none")
