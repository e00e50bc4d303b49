from __future__ import annotations

import json
import re

import cv2
import pytest
from statsmodels.stats.proportion import proportion_confint

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.metrics import summarize
from mammo_monai.evaluation.prediction_table import read
from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.evaluation.written import markdown, write_evaluation

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
    assert (metrics["n"], metrics["patients"], metrics["notes"]) == (3, 2, {"error": 1})
    assert metrics["figures"]["macro_auc"]["value"] == 1.0
    for name in ("roc", "confusion", "curves"):
        assert cv2.imread(str(tmp_path / f"{name}.png")).std() > 1
    report = (tmp_path / "report.md").read_text()
    assert "Research use only" in report
    assert "* label map: toy" in report
    assert "* error: 1" in report
    assert "3 rows of 2 patients" in report
    low, high = proportion_confint(1, 1, method="wilson")
    assert "| a | 1 | 1.000 (no interval: " in report
    assert f"| 1.000 ({low:.3f} to {high:.3f}, n = 1) |" in report  # the one row of class a was found
    for picture in tmp_path.glob("*.png"):
        assert f"({picture.name})" in report


def test_whoever_reads_the_table_finds_the_same_figures(tmp_path):
    thirds = [Prediction(str(i), str(i), label="ab"[i % 2], probabilities=(i / 7, 1 - i / 7)) for i in range(7)]
    metrics = write_evaluation(tmp_path, thirds, ["a", "b"], {})
    again = summarize(read(tmp_path / "predictions.csv"))
    assert {key: metrics[key] for key in again} == again


def test_every_figure_of_the_report_carries_interval_and_n_or_a_reason(tmp_path):
    metrics = write_evaluation(tmp_path, ROWS, ["a", "b"], {})
    report = (tmp_path / "report.md").read_text()
    figures = re.findall(r"\d\.\d{3} \([^)]*n = \d+\)|undefined \([^)]*n = \d+\)", report)
    assert len(figures) == len(metrics["figures"])
    bare = re.sub(r"\d\.\d{3} \([^)]*\)|undefined \([^)]*\)", "", report)
    assert not re.search(r"\d\.\d", bare)


def test_the_report_prints_and_computes_nothing(tmp_path):
    metrics = write_evaluation(tmp_path, ROWS, ["a", "b"], {})
    metrics["figures"]["accuracy"] |= {"value": 0.123, "low": 0.1, "high": 0.2, "n": 99}
    assert "accuracy 0.123 (0.100 to 0.200, n = 99)" in markdown(metrics, [])


def test_class_names_cannot_break_the_tables(tmp_path):
    write_evaluation(tmp_path, [Prediction("1", "p", label="a|b", probabilities=(0.9, 0.1))], ["a|b", "c"], {})
    rows = [line for line in (tmp_path / "report.md").read_text().splitlines() if line.startswith("| a")]
    assert all(r"a\|b" in row for row in rows if "a|b" in row.replace("\\", ""))


def test_nothing_to_evaluate(tmp_path):
    with pytest.raises(MammoError, match="no image has both"):
        write_evaluation(tmp_path, ROWS[3:], ["a", "b"], {})
