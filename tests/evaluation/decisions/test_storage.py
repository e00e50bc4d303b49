from __future__ import annotations

import hashlib
import json

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.decisions.fitting import fit
from mammo_monai.evaluation.decisions.plan import DEFAULT, Plan


def test_a_decision_lies_beside_its_weights(weights, validation):
    fitted = fit(validation, weights)
    assert storage.write(fitted, weights) == weights.parent / "decision.json"
    assert storage.read(weights) == fitted
    content = json.loads((weights.parent / "decision.json").read_text())
    assert {"sha256", "temperature", "abstain", "operating_points"} <= content.keys()
    assert content["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert len(fitted.operating_points) == 9
    assert {point.rule for point in fitted.operating_points} == {"youden", "sensitivity", "specificity"}
    assert fitted.validation_rows == 300


def test_other_weights_have_no_decision(weights, validation):
    fitted = fit(validation, weights)
    storage.write(fitted, weights)
    weights.write_bytes(b"other weights")
    with pytest.raises(MammoError, match=r"decision.json: was fitted for other weights") as caught:
        storage.read(weights)
    assert caught.value.reason == "decision-mismatch"
    with pytest.raises(MammoError, match="other weights"):
        storage.write(fitted, weights)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"operating_points": 3}', '{"operating_points": [{"a": 1}]}', "null"]
)
def test_a_damaged_decision_is_named(weights, text):
    (weights.parent / "decision.json").write_text(text)
    with pytest.raises(MammoError, match=r"decision.json: expected the decision that an evaluation writes"):
        storage.read(weights)


@pytest.mark.parametrize(("key", "value"), [("temperature", 0), ("temperature", "hot"), ("abstain", None)])
def test_a_decision_edited_into_nonsense_is_named(weights, validation, key, value):
    path = storage.write(fit(validation, weights), weights)
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(MammoError, match=r"decision.json: expected the decision that an evaluation writes"):
        storage.read(weights)


def test_weights_without_a_decision(weights):
    with pytest.raises(MammoError, match=r"decision.json: expected the decision that an evaluation writes"):
        storage.read(weights)


def test_variants_and_ensembles_have_decisions_of_their_own(weights, validation):
    other = weights.with_name("a_second.pt")
    other.write_bytes(b"others")
    both = [str(weights), str(other)]
    assert storage.find(weights) is storage.find(weights, "flip") is storage.find(both) is None
    each = {
        storage.write(fit(validation, of_these, tta=tta), of_these, tta)
        for of_these in (weights, both)
        for tta in ("none", "flip")
    }
    lines = sorted(hashlib.sha256(content).hexdigest() for content in (b"weights", b"others"))
    several = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    names = {"decision.json", "decision_flip.json", *(f"decision_{several[:12]}{v}.json" for v in ("", "_flip"))}
    assert each == {weights.with_name(name) for name in names}
    assert storage.find(both).sha256 == several
    assert storage.find(both[::-1]) == storage.read(both)
    with pytest.raises(MammoError, match=rf"decision_{several[:12]}_affine\.json"):
        storage.read(both, "affine")


def test_a_decision_of_other_variants_is_not_taken(weights, validation):
    written = storage.write(fit(validation, weights), weights)
    written.rename(written.with_name("decision_flip.json"))
    with pytest.raises(MammoError) as caught:
        storage.read(weights, "flip")
    assert caught.value.reason == "decision-mismatch"


def test_words_are_no_weights_to_decide_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "decision.json").write_text("{}")
    assert storage.find("none") is storage.find("imagenet") is None


def test_what_was_asked_for_comes_back(weights, validation):
    """Names with commas, costs and shares of rows, too: an evaluation asks for the same again, or fits anew."""
    asked = Plan((("cost", 20.0), ("sensitivity", 0.95)), "5%", "23, cost 20")
    storage.write(fit(validation, weights, asked), weights)
    found = storage.read(weights)
    assert found.plan == asked and found.point.name == "23, cost 20"


def test_a_decision_of_an_earlier_version_calls_the_most_probable_class(weights, validation):
    fitted = fit(validation, weights)
    path = storage.write(fitted, weights)
    content = json.loads(path.read_text())
    del content["plan"]
    path.write_text(json.dumps(content))
    assert storage.read(weights) == fitted and fitted.plan == DEFAULT


@pytest.mark.parametrize(
    "plan",
    [{"decide_by": "045, youden"}, {"decide_by": 3}, {"abstain": "hot"}, {"operating_points": [["best", 1]]}, {"x": 1}],
)
def test_a_plan_edited_into_nonsense_is_named(weights, validation, plan):
    """The last of the points asked for is that of another class than those fitted."""
    path = storage.write(fit(validation.take(validation.labels > 0), weights), weights)
    path.write_text(json.dumps({**json.loads(path.read_text()), "plan": plan}))
    with pytest.raises(MammoError, match=r"decision.json: expected the decision that an evaluation writes") as caught:
        storage.read(weights)
    assert "\n" not in str(caught.value)


def test_a_point_of_another_class_is_named(weights, validation):
    path = storage.write(fit(validation, weights), weights)
    path.write_text(path.read_text().replace('"class_name": "045"', '"class_name": "6"'))
    with pytest.raises(MammoError, match="point of another class"):
        storage.read(weights)
