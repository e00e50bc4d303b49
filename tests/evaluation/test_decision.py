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
    with pytest.raises(MammoError, match=r"decision.json: was fitted for other weights") as caught:
        decision.read(weights)
    assert caught.value.reason == "decision-mismatch"
    with pytest.raises(MammoError, match="other weights"):
        decision.write(fitted, weights)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"operating_points": 3}', '{"operating_points": [{"a": 1}]}', "null"]
)
def test_a_damaged_decision_is_named(weights, text):
    (weights.parent / "decision.json").write_text(text)
    with pytest.raises(MammoError, match=r"decision.json: expected the decision that an evaluation writes"):
        decision.read(weights)


@pytest.mark.parametrize(("key", "value"), [("temperature", 0), ("temperature", "hot"), ("abstain", None)])
def test_a_decision_edited_into_nonsense_is_named(weights, validation, key, value):
    path = decision.write(decision.fit(validation, weights), weights)
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(MammoError, match=r"decision.json: expected the decision that an evaluation writes"):
        decision.read(weights)


def test_weights_without_a_decision(weights):
    with pytest.raises(MammoError, match=r"decision.json: expected the decision that an evaluation writes"):
        decision.read(weights)


def test_probabilities_of_other_classes(weights, validation):
    fitted = decision.fit(validation, weights)
    with pytest.raises(MammoError, match=r"a probability per class \(045, 1, 23\)"):
        decision.decide(np.array([[0.5, 0.5]]), fitted)


def test_a_class_that_validation_lacks_gets_no_operating_point(weights, validation):
    fitted = decision.fit(validation.take(validation.labels < 2), weights)
    assert {point.class_name for point in fitted.operating_points} == {"045", "1"}
    assert decision.fit(validation.take(validation.labels == 2), weights).operating_points == ()


def test_the_hanoi_example_abstains_and_its_argmax_does_not(weights, validation):
    fitted = replace(decision.fit(validation, weights), temperature=1.0)
    row = np.array([[0.3524, 0.3513, 0.2964]])
    assert CLASSES[row.argmax()] == "045"
    assert decision.decide(row, fitted).called == (None,)
    assert decision.decide(row, replace(fitted, abstain=0.001)).called == ("045",)


def test_a_small_validation_keeps_temperature_1(weights, validation):
    few = np.concatenate([np.flatnonzero(validation.labels == label)[:count] for label, count in enumerate((9, 40, 9))])
    fitted = decision.fit(validation.take(few), weights)
    assert fitted.temperature == 1
    assert "10 rows of each of two classes" in fitted.remarks[0]
    enough = np.concatenate([few, np.flatnonzero(validation.labels == 0)[9:10]])
    fitted = decision.fit(validation.take(enough), weights)
    assert fitted.temperature != 1
    assert not [remark for remark in fitted.remarks if "temperature" in remark]


def test_a_separable_validation_keeps_temperature_1(weights):
    labels = np.arange(60) % 3
    fitted = decision.fit(of(labels, 0.4 * np.eye(3)[labels] + 0.2, CLASSES), weights)
    assert fitted.temperature == 1
    assert "separable" in fitted.remarks[0]
    assert len(fitted.operating_points) == 9


def test_probabilities_that_say_the_opposite_are_flattened_and_said(weights):
    labels = np.arange(60) % 3
    fitted = decision.fit(of(labels, 0.4 * np.eye(3)[(labels + 1) % 3] + 0.2, CLASSES), weights)
    assert fitted.temperature == pytest.approx(20, rel=1e-2)
    assert "say nothing" in fitted.remarks[0]
    assert decision.decide(np.array([[0.6, 0.2, 0.2]]), fitted).called == (None,)


def test_points_that_are_not_reached_in_earnest_are_said(weights):
    """Equal scores: a sensitivity of 0.9 needs every row, a specificity of 0.9 none."""
    labels = np.arange(60) % 3
    fitted = decision.fit(of(labels, np.full((60, 3), 1 / 3), CLASSES), weights)
    assert "045, sensitivity 0.9: reached only by calling all rows" in fitted.remarks
    assert "045, specificity 0.9: reached only by calling none" in fitted.remarks
    decision.write(fitted, weights)
    assert decision.read(weights) == fitted
    assert "calling none" in str(fitted)


def test_a_class_without_a_point_is_said(weights, validation):
    remarks = decision.fit(validation.take(validation.labels < 2), weights).remarks
    assert remarks[0] == "no operating point of 23: validation lacks rows of it or of others"


def test_variants_and_ensembles_have_decisions_of_their_own(weights, validation):
    other = weights.with_name("a_second.pt")
    other.write_bytes(b"others")
    both = [str(weights), str(other)]
    assert decision.find(weights) is decision.find(weights, "flip") is decision.find(both) is None
    each = {
        decision.write(decision.fit(validation, of_these, tta=tta), of_these, tta)
        for of_these in (weights, both)
        for tta in ("none", "flip")
    }
    lines = sorted(hashlib.sha256(content).hexdigest() for content in (b"weights", b"others"))
    several = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    names = {"decision.json", "decision_flip.json", *(f"decision_{several[:12]}{v}.json" for v in ("", "_flip"))}
    assert each == {weights.with_name(name) for name in names}
    assert decision.find(both).sha256 == several
    assert decision.find(both[::-1]) == decision.read(both)
    with pytest.raises(MammoError, match=rf"decision_{several[:12]}_affine\.json"):
        decision.read(both, "affine")


def test_a_decision_of_other_variants_is_not_taken(weights, validation):
    written = decision.write(decision.fit(validation, weights), weights)
    written.rename(written.with_name("decision_flip.json"))
    with pytest.raises(MammoError) as caught:
        decision.read(weights, "flip")
    assert caught.value.reason == "decision-mismatch"


def test_words_are_no_weights_to_decide_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "decision.json").write_text("{}")
    assert decision.find("none") is decision.find("imagenet") is None


def test_breasts_and_exams_have_points_of_their_own(weights):
    """A blind view in each breast: what finds 90 % of the breasts is another threshold than of images."""
    random = np.random.default_rng(1)
    exams, views = np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60)
    sick = (exams % 2 == 1) & (views >= 2)  # one breast of every second exam
    shown = np.where(sick & (views == 3), 0.9, 0.1) + random.uniform(-0.05, 0.05, 240)
    columns = {
        "path": tuple(map(str, range(240))),
        "patient": tuple(f"p{exam}" for exam in exams),
        "exam": tuple(f"e{exam}" for exam in exams),
        "laterality": tuple("LR"[view // 2] for view in views),
        "view": tuple(("CC", "MLO")[view % 2] for view in views),
    }
    scores = np.column_stack([1 - shown, shown])
    table = replace(of(sick.astype(int), scores, ("benign", "malignant")), columns=columns)
    fitted = decision.fit(table, weights, points=(("sensitivity", 0.9),))
    by_level = {"image": fitted.operating_points, **fitted.levels}
    reached = {level: {point.class_name: point for point in points} for level, points in by_level.items()}
    assert reached["image"]["malignant"].specificity < 0.5  # the blind views are only found by calling all
    assert reached["breast"]["malignant"].specificity == reached["exam"]["malignant"].specificity == 1
    assert reached["breast"]["malignant"].threshold > reached["image"]["malignant"].threshold
    decision.write(fitted, weights)
    assert decision.read(weights) == fitted
    assert fitted.at("exam").temperature == 1 and fitted.at("exam").operating_points == fitted.levels["exam"]


def test_a_table_without_exams_has_points_of_images_alone(weights, validation):
    fitted = decision.fit(validation, weights)
    assert not fitted.levels and "no operating points of breasts and exams" in fitted.remarks[-1]
