from __future__ import annotations

import json

import cv2
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exams import write_exams
from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.evaluation.report import write_evaluation

ROWS = [
    Prediction("1", "p1", "e1", "L", "CC", "a", (0.9, 0.1)),
    Prediction("2", "p1", "e1", "L", "MLO", "b", (0.2, 0.8)),
    Prediction("3", "p2", "../e2", "R", "CC", "b", (0.6, 0.4)),
    Prediction("4", "p2", "../e2", "R", "MLO", "a", (), error="unreadable: cut"),
]


def test_an_evaluation_is_complete_and_says_what_it_is(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,train_loss,val_loss,val_macro_auc\n1,0.7,0.8,\n2,0.5,0.6,0.7\n")
    metrics = write_evaluation(tmp_path, ROWS, ["a", "b"], {"label map": "toy"})
    assert json.loads((tmp_path / "metrics.json").read_text()) == metrics
    assert metrics["n"] == 3
    assert metrics["macro_auc"] == 1.0
    for name in ("roc", "confusion", "curves"):
        assert cv2.imread(str(tmp_path / f"{name}.png")).std() > 1
    report = (tmp_path / "report.md").read_text()
    assert "Research use only" in report
    assert "label map: toy" in report
    assert "| b | 2 | 1.000 | 0.500 | 1.000 |" in report


def test_nothing_to_evaluate(tmp_path):
    with pytest.raises(MammoError, match="no image has both"):
        write_evaluation(tmp_path, ROWS[3:], ["a", "b"], {})


def test_exams_of_an_earlier_inference_do_not_stay(tmp_path):
    write_exams(tmp_path, ROWS, ["a", "b"], {})
    (tmp_path / "notes.json").write_text("{}")
    (kept,) = write_exams(tmp_path, ROWS[:1], ["a", "b"], {})
    assert {path.name for path in tmp_path.iterdir()} == {kept.name, "notes.json"}


def test_one_json_per_exam_whose_name_is_no_identifier(tmp_path):
    files = write_exams(tmp_path / "exams", ROWS, ["a", "b"], {"weights": "x"})
    assert len(files) == 2
    assert {path.parent for path in files} == {tmp_path / "exams"}
    second = json.loads(files[1].read_text())
    assert second["exam"] == "../e2"
    assert second["images"][0]["probabilities"] == {"a": 0.6, "b": 0.4}
    assert second["images"][0]["predicted"] == "a"
    assert second["images"][1] == {"path": "4", "laterality": "R", "view": "MLO", "error": "unreadable: cut"}
    assert "not for clinical use" in second["notice"]
