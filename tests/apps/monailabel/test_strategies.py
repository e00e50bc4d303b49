"""Urgencies against numbers worked out by hand."""

from __future__ import annotations

import importlib
import math
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest


def urgency(name: str, probabilities: dict[str, float], labelled: dict[str, int] | None = None) -> float:
    return importlib.import_module(f"lib.strategies.{name}").urgency(probabilities, Counter(labelled or {}))


def test_entropy():
    assert urgency("entropy", {"a": 1.0, "b": 0.0}) == 0
    assert urgency("entropy", {"a": 0.5, "b": 0.25, "c": 0.25}) == pytest.approx(1.5 * math.log(2))
    assert urgency("entropy", dict.fromkeys("abc", 1 / 3)) == pytest.approx(math.log(3))


def test_margin():
    assert urgency("margin", {"a": 0.5, "b": 0.3, "c": 0.2}) == pytest.approx(-0.2)
    assert urgency("margin", {"a": 0.4, "b": 0.4, "c": 0.2}) == 0


def test_margin_and_entropy_differ():
    tie, spread = {"a": 0.5, "b": 0.5, "c": 0.0}, {"a": 0.4, "b": 0.3, "c": 0.3}
    assert urgency("margin", tie) > urgency("margin", spread)
    assert urgency("entropy", tie) < urgency("entropy", spread)


def test_class_balance():
    labelled = {"a": 5, "b": 1}
    sure_a, sure_b, weak_b = {"a": 0.99, "b": 0.01}, {"a": 0.2, "b": 0.8}, {"a": 0.45, "b": 0.55}
    order = sorted((sure_a, sure_b, weak_b), key=lambda p: -urgency("class_balance", p, labelled))
    assert order == [sure_b, weak_b, sure_a]
    certain, none_yet = {"a": 1.0, "c": 0.0}, {"a": 0.49, "c": 0.51}
    assert urgency("class_balance", none_yet, {"a": 1}) > urgency("class_balance", certain, {"a": 1})


def test_oldest_and_random_need_no_prediction():
    assert urgency("oldest", {}) == urgency("oldest", {"a": 1.0}) == 0
    assert len({urgency("random", {}) for _ in range(20)}) == 20


def told(probabilities: dict[str, float]) -> dict[str, Any]:
    """A prediction as it is stored."""
    from mammo_monai.evaluation.exam_result import ExamResult, ImageResult, Outcome

    outcome = Outcome(probabilities, max(probabilities, key=lambda name: probabilities[name]))
    return ExamResult(
        "p", "e", tuple(probabilities), {"weights": "w"}, (ImageResult("x", "L", "CC", outcome),)
    ).to_json()


@pytest.fixture
def store(tmp_path: Path):
    """Four empty files that stand for images, the third the oldest."""
    from lib.label_rule import LabelRule
    from lib.store import FolderStore

    for number, age in enumerate((4e8, 3e8, 1e8, 2e8)):
        (tmp_path / f"{number}.dcm").write_bytes(b"x")
        os.utime(tmp_path / f"{number}.dcm", (age, age))
    return FolderStore(tmp_path, ["*.dcm"], LabelRule.of(["045", "1", "23"], "birads3"))


def chosen(name: str, store) -> dict[str, Any]:
    from lib.active_learning import NextImage

    return NextImage(name)({}, store)


def test_the_choice_follows_predictions_and_age(store, tmp_path):
    assert chosen("entropy", store)["id"] == "2.dcm"
    store.save_prediction("0.dcm", told({"045": 0.9, "1": 0.05, "23": 0.05}))
    store.save_prediction("1.dcm", told({"045": 0.4, "1": 0.3, "23": 0.3}))
    assert chosen("entropy", store) == {
        "id": "1.dcm",
        "by": "entropy",
        "urgency": pytest.approx(-0.4 * math.log(0.4) - 0.6 * math.log(0.3)),
        "unlabelled": 4,
    }
    assert chosen("oldest", store)["id"] == "2.dcm", "whatever is predicted"
    store.save_prediction("2.dcm", {"error": "unreadable: x", "context": {"weights": "w"}})
    assert chosen("oldest", store)["id"] == "3.dcm", "what cannot be used is not asked for"
    store.save_prediction("3.dcm", told({"benign": 0.5, "malignant": 0.5}))
    assert chosen("entropy", store)["id"] == "1.dcm", "predictions of other classes are none"
    for image in ("0.dcm", "1.dcm", "3.dcm"):
        store.notes.write("final", image, {"field": "birads", "value": "2"})
    assert chosen("entropy", store) == {}
