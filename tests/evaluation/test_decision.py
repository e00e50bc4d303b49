from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import decision
from mammo_monai.evaluation.calibration import MARGIN, calibrate
from mammo_monai.evaluation.scored import of

CLASSES = ("045", "1", "23")


@pytest.fixture
def weights(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"weights")
    return tmp_path / "model.pt"


@pytest.fixture
def validation():
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 300)
    logits = 3 * np.eye(3)[labels] + 3 * random.normal(size=(300, 3))
    return of(labels, np.exp(logits) / np.exp(logits).sum(1, keepdims=True), CLASSES)


def test_a_decision_lies_beside_its_weights(weights, validation):
    fitted = decision.fit(validation, weights)
    assert decision.write(fitted, weights) == weights.parent / "decision.json"
    assert decision.read(weights) == fitted
    content = json.loads((weights.parent / "decision.json").read_text())
    assert {"sha256", "temperature", "abstain", "operating_points"} <= content.keys()
    assert content["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert len(fitted.operating_points) == 9
    assert {point.rule for point in fitted.operating_points} == {"youden", "sensitivity", "specificity"}
    assert fitted.validation_rows == 300


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1, 2, 20])
def test_flat_predictions_are_no_decision(weights, validation, temperature):
    """The example of the Hanoi study: 0.3524 / 0.3513 / 0.2964 is no diagnosis of the first class."""
    fitted = replace(decision.fit(validation, weights), temperature=temperature)
    assert decision.decide(np.array([[0.3524, 0.3513, 0.2964]]), fitted).called == (None,)


def test_clear_predictions_are_called(weights, validation):
    fitted = replace(decision.fit(validation, weights), temperature=1.0)
    flat = (1 - MARGIN * 0.99) / 2
    rows = np.array([[0.9, 0.05, 0.05], [0.1, 0.2, 0.7], [1 - flat, flat, 0.0], [0.5 + MARGIN, 0.5 - MARGIN, 0.0]])
    assert decision.decide(rows, fitted).called == ("045", "23", None, "045")


def test_points_are_of_calibrated_probabilities(weights, validation):
    fitted = decision.fit(validation, weights, points=(("sensitivity", 0.8),))
    assert fitted.temperature > 1.2  # the logits above are too sure
    found = decision.decide(validation.probabilities, fitted)
    assert found.probabilities == pytest.approx(calibrate(validation.probabilities, fitted.temperature))
    for index, point in enumerate(fitted.operating_points):
        called = found.points[f"{CLASSES[index]}, sensitivity 0.8"]
        assert called[validation.labels == index].mean() == pytest.approx(point.sensitivity)
        assert point.sensitivity >= 0.8


def test_other_weights_have_no_decision(weights, validation):
    fitted = decision.fit(validation, weights)
    decision.write(fitted, weights)
    weights.write_bytes(b"other weights")
    with pytest.raises(MammoError, match=r"decision.json: was fitted for other weights than model.pt") as caught:
        decision.read(weights)
    assert caught.value.reason == "decision-mismatch"
    with pytest.raises(MammoError, match="other weights"):
        decision.write(fitted, weights)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"operating_points": 3}', '{"operating_points": [{"a": 1}]}', "null"]
)
def test_a_damaged_decision_is_named(weights, text):
    (weights.parent / "decision.json").write_text(text)
    with pytest.raises(MammoError, match=r"decision.json: expected the decision fitted for model.pt"):
        decision.read(weights)


@pytest.mark.parametrize(("key", "value"), [("temperature", 0), ("temperature", "hot"), ("abstain", None)])
def test_a_decision_edited_into_nonsense_is_named(weights, validation, key, value):
    path = decision.write(decision.fit(validation, weights), weights)
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(MammoError, match=r"decision.json: expected the decision fitted for model.pt"):
        decision.read(weights)


def test_weights_without_a_decision(weights):
    with pytest.raises(MammoError, match=r"decision.json: expected the decision fitted for model.pt"):
        decision.read(weights)


def test_probabilities_of_other_classes(weights, validation):
    fitted = decision.fit(validation, weights)
    with pytest.raises(MammoError, match=r"a probability per class \(045, 1, 23\)"):
        decision.decide(np.array([[0.5, 0.5]]), fitted)


def test_a_class_that_validation_lacks_gets_no_operating_point(weights, validation):
    fitted = decision.fit(validation.take(validation.labels < 2), weights)
    assert {point.class_name for point in fitted.operating_points} == {"045", "1"}
    assert decision.fit(validation.take(validation.labels == 2), weights).operating_points == ()
