from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from ignite.engine import Engine

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.decisions.plan import DEFAULT, Plan
from mammo_monai.training.decision_writer import DecisionWriter, needs_decision

CLASSES = ["a", "b"]


@pytest.fixture
def weights(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"weights")
    return tmp_path / "model.pt"


def validate(folder, weights, tta="none", n=40, plan=DEFAULT):
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, n)
    scores = torch.softmax(torch.tensor(3 * random.normal(size=(n, 2)) + 3 * np.eye(2)[labels]), 1)
    identity = {"patient": "p", "exam": "e", "laterality": "L", "view": "CC"}
    items = [{"identity": {**identity, "path": str(i)}, "label": label} for i, label in enumerate(labels)]

    def step(engine, batch):
        engine.state.output = [{"pred": score} for score in scores]
        return engine.state.output

    engine = Engine(step)
    DecisionWriter(folder, CLASSES, weights, tta, plan).attach(engine)
    engine.run([items])
    return labels, scores


def test_validation_becomes_a_table_and_a_decision(weights, tmp_path):
    labels, scores = validate(tmp_path / "validation", weights)
    rows = list(csv.DictReader((tmp_path / "validation" / "predictions.csv").open()))
    assert [row["label"] for row in rows] == [CLASSES[label] for label in labels]
    assert [np.float32(row["p_a"]) for row in rows] == scores[:, 0].float().tolist()
    assert {row["decision"] for row in rows} == {""}
    fitted = storage.read(weights)
    assert fitted.validation_rows == 40
    assert fitted.temperature > 1  # noise as strong as the signal is too sure
    validate(tmp_path / "validation_flip", weights, "flip")
    assert storage.read(weights, "flip").tta == "flip"


def test_a_decision_of_earlier_weights_is_replaced(weights, tmp_path):
    validate(tmp_path / "validation", weights)
    weights.write_bytes(b"trained on")
    assert needs_decision(weights, "none", {"datalist_digest": "d"}, "d", DEFAULT)
    validate(tmp_path / "validation", weights)
    assert not needs_decision(weights, "none", {"datalist_digest": "d"}, "d", DEFAULT)
    assert storage.find(weights)


@pytest.mark.parametrize(
    ("card", "needed"), [({"datalist_digest": "d"}, True), ({"datalist_digest": "other"}, False), ({}, False)]
)
def test_only_the_datalist_of_the_training_has_a_validation_part_for_it(weights, card, needed, caplog):
    caplog.set_level("INFO")
    assert needs_decision(weights, "none", card, "d", DEFAULT) is needed
    assert ("not that of the weights' own datalist" in caplog.text) is not needed


def test_what_is_no_file_needs_no_decision():
    assert not needs_decision("none", "none", {"datalist_digest": "d"}, "d", DEFAULT)


def test_a_damaged_decision_is_fitted_anew(weights):
    weights.with_name("decision.json").write_text("{")
    assert needs_decision(weights, "none", {"datalist_digest": "d"}, "d", DEFAULT)


def test_a_decision_that_cannot_be_written_does_not_end_the_evaluation(weights, tmp_path, caplog):
    weights.with_name("decision.json").mkdir()
    validate(tmp_path / "validation", weights)
    assert "goes on without a decision" in caplog.text
    assert (tmp_path / "validation" / "predictions.csv").is_file()


def test_a_decision_is_fitted_anew_when_another_is_asked_for(weights, tmp_path, caplog):
    own, asked = {"datalist_digest": "d"}, Plan((("cost", 20.0),), "10%", "a, cost 20")
    validate(tmp_path / "validation", weights)
    for other in (Plan(abstain=0.1), Plan(decide_by="a, youden"), Plan((("youden", 0.0),)), asked):
        assert needs_decision(weights, "none", own, "d", other)
    validate(tmp_path / "validation", weights, plan=asked)
    assert storage.read(weights).plan == asked
    assert not needs_decision(weights, "none", own, "d", asked)
    assert needs_decision(weights, "none", own, "d", DEFAULT)
    # On another list nothing can be fitted: what is stored goes on deciding, and that is said.
    assert all("is replaced: another is asked for" in record.message for record in caplog.records)
    caplog.clear()
    assert not needs_decision(weights, "none", {"datalist_digest": "other"}, "d", DEFAULT)
    (said,) = caplog.records
    assert (
        said.levelname == "WARNING" and "a, cost 20" in said.message and "stays: another is asked for" in said.message
    )


def test_a_point_that_validation_cannot_give_ends_the_evaluation(weights, tmp_path):
    with pytest.raises(MammoError, match="decide_by: validation gives no operating point"):
        validate(tmp_path / "validation", weights, n=1, plan=Plan(decide_by="a, youden"))
