from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from ignite.engine import Engine

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.decisions.fitting import fit
from mammo_monai.evaluation.scored import of
from mammo_monai.training.prediction_writer import PredictionWriter

CLASSES = ["045", "1", "23"]
HANOI = [0.3524, 0.3513, 0.2964]


@pytest.fixture
def weights(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"weights")
    return tmp_path / "model.pt"


@pytest.fixture
def decided(weights):
    labels = np.arange(60) % 3
    noise = np.random.default_rng(0).dirichlet([1, 1, 1], 60)
    fitted = fit(of(labels, (noise + np.eye(3)[labels]) / 2, CLASSES), weights)
    fitted = replace(fitted, temperature=2.0)
    storage.write(fitted, weights)
    return fitted


def item(path: str, **more: object) -> dict[str, object]:
    identity = {"path": path, "patient": "p", "exam": "e", "laterality": "L", "view": "CC"}
    return {"identity": {**identity}, **more}


def run(writer: PredictionWriter, items, scores) -> None:
    def step(engine, batch):
        engine.state.output = [{"pred": torch.tensor(score)} for score in scores]
        return engine.state.output

    engine = Engine(step)
    writer.attach(engine)
    engine.run([items])


def read(folder):
    return list(csv.DictReader((folder / "predictions.csv").open()))


def test_raw_probabilities_a_call_and_the_points(weights, decided, tmp_path):
    scores = [[0.9, 0.06, 0.04], HANOI, [0.2, 0.2, 0.6]]
    items = [item("1"), item("2"), item("3", error="unreadable: cut short")]
    run(PredictionWriter(tmp_path / "out", CLASSES, {}, weights), items, scores)
    rows = read(tmp_path / "out")
    assert [row["predicted"] for row in rows] == ["045", "045", ""]
    assert [row["decision"] for row in rows] == ["045", "abstain", ""]
    assert [np.float32(rows[1][f"p_{name}"]) for name in CLASSES] == list(np.float32(HANOI))
    (exam,) = [json.loads(path.read_text()) for path in (tmp_path / "out" / "exams").glob("*.json")]
    assert exam["context"]["decision"] == str(decided)
    sure, flat, unread = (image["outcome"] for image in exam["images"])
    assert (sure["decision"], flat["decision"]) == ("045", "abstain")
    roots = np.sqrt(np.float32(scores[0]))  # a temperature of 2 takes the square root of probabilities
    assert list(sure["calibrated"].values()) == pytest.approx(roots / roots.sum(), abs=1e-6)
    assert list(sure["probabilities"].values()) == pytest.approx(scores[0])
    assert [point["name"] for point in sure["operating_points"]] == [p.name for p in decided.operating_points]
    for point in sure["operating_points"]:
        assert point["called"] == (point["probability"] >= point["threshold"])
        assert point["probability"] == sure["calibrated"][point["class_name"]]
    assert (unread, exam["images"][2]["error"]) == (None, "unreadable: cut short")


def test_without_a_decision_the_most_probable_class_is_named_and_that_is_said(weights, tmp_path, caplog):
    caplog.set_level("INFO")
    run(PredictionWriter(tmp_path / "out", CLASSES, {}, weights), [item("1")], [HANOI])
    (row,) = read(tmp_path / "out")
    assert (row["predicted"], row["decision"]) == ("045", "")
    (path,) = (tmp_path / "out" / "exams").iterdir()
    exam = json.loads(path.read_text())
    assert exam["context"]["decision"].startswith("none: the most probable class")
    (image,) = exam["images"]
    assert (image["outcome"]["predicted"], image["outcome"]["calibrated"], image["outcome"]["decision"]) == (
        "045",
        {},
        "",
    )
    assert "decision: none" in caplog.text


def test_a_decision_of_other_weights_is_known_before_the_first_image(weights, decided, tmp_path):
    weights.write_bytes(b"trained on")
    with pytest.raises(MammoError) as caught:
        run(PredictionWriter(tmp_path / "out", CLASSES, {}, weights), [item("1")], [HANOI])
    assert caught.value.reason == "decision-mismatch"
    assert not (tmp_path / "out" / "exams").exists()


def test_a_decision_between_other_classes(weights, decided, tmp_path):
    with pytest.raises(MammoError, match="decides between 045, 1, 23, the network between 1, 045, 23") as caught:
        run(PredictionWriter(tmp_path / "out", ["1", "045", "23"], {}, weights), [item("1")], [HANOI])
    assert caught.value.reason == "other-classes"
