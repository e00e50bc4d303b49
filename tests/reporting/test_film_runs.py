"""Runs on real films and what their reports say of them: a network's training, and all folds of the best recipe."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn import metrics
from sklearn.metrics import average_precision_score, roc_auc_score

from mammo_monai.evaluation import prediction_table
from mammo_monai.evaluation.plots import _curve

pytestmark = [pytest.mark.real, pytest.mark.slow]
PER_CLASS = ("precision", "sensitivity", "f1")


def blocks(training, section, kind):
    found = next(one["blocks"] for one in training.content()["sections"] if one["name"] == section)
    return [block for block in found if block["kind"] == kind]


def facts(training, section):
    return blocks(training, section, "facts")[0]["rows"]


def test_the_epoch_that_is_said_to_be_kept_made_the_validation_predictions(network):
    with (network.folder / "history.csv").open(newline="") as file:
        history = [float(row["val_macro_auc"]) for row in csv.DictReader(file)]
    kept = int(np.argmax(history)) + 1
    said = facts(network, "training")
    assert said["Epochs"] == str(len(history)) == "2" and said["Kept"].startswith(f"epoch {kept}, ")
    rows = network.rows("validation")
    score = [float(row["p_abnormal"]) for row in rows]
    assert roc_auc_score([row["label"] == "abnormal" for row in rows], score) == pytest.approx(history[kept - 1])
    (curves,) = blocks(network, "training", "picture")
    assert cv2.imread(str(network.out / curves["file"])).std() > 10


def test_parameters_and_digests_are_those_of_the_run(network):
    said, (table,) = facts(network, "run"), blocks(network, "run", "table")
    parameters = dict(table["rows"])
    assert (parameters["max_epochs"], parameters["spatial_size"], parameters["batch_size"]) == ("2", "[64, 64]", "32")
    assert said["Weights, SHA-256"] == hashlib.sha256((network.folder / "model.pt").read_bytes()).hexdigest()
    assert said["Datalist of the training"] == said["Datalist evaluated"] == network.digest
    assert said["Bundle"] == network.content()["bundle"] == "abnormality_patch"
    assert "Peak memory" in said


def test_overlays_explain_the_wrong_calls_that_they_stand_below(network):
    """Each tells the class called of the same tile, with the probability that the table of predictions has."""
    worst, pictures = network.table("errors", "worst"), blocks(network, "errors", "picture")
    named = [dict(zip(worst["header"], row, strict=True)) for row in worst["rows"]]
    assert 1 <= len(pictures) <= 6
    for picture in pictures:
        rank = int(Path(picture["file"]).stem.removeprefix("worst-"))
        row = named[rank - 1]
        assert picture["caption"].startswith(f"{rank}. {row['path']}: called {row['called']}, is {row['truth']}.")
        told = json.loads((network.out / "overlays" / str(rank) / "explanation.json").read_text())
        assert told["class"] == row["called"] and told["image"].endswith(row["path"])
        assert told["probability"] == pytest.approx(row["p(called)"], abs=1e-4)
        assert cv2.imread(str(network.out / picture["file"])).std() > 10


def test_the_best_run(best, repository):
    """Every figure of the page again; areas by the folds, since ranked together they would say something else."""
    rows, classes = best.rows(), best.classes
    assert len(rows) == 754 and len({row["patient"] for row in rows}) == 98
    truth = np.array([classes.index(row["label"]) for row in rows])
    scores = np.array([[float(row[f"p_{name}"]) for name in classes] for row in rows])
    folds = [np.array([row["fold"] == fold for row in rows]) for fold in "01234"]
    called, found = scores.argmax(1), best.content()["metrics"]["figures"]
    expected = {
        "accuracy": metrics.accuracy_score(truth, called),
        "majority_accuracy": np.bincount(truth).max() / len(truth),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, called),
        "brier": metrics.brier_score_loss(truth, scores[:, 1]),
        "macro_f1": metrics.f1_score(truth, called, average="macro"),
        "weighted_f1": metrics.f1_score(truth, called, average="weighted"),
    }
    per_class = metrics.precision_recall_fscore_support(truth, called)
    for index, name in enumerate(classes):
        expected |= {f"{key}_{name}": part[index] for key, part in zip(PER_CLASS, per_class, strict=False)}
        expected[f"specificity_{name}"] = metrics.recall_score(truth != index, called != index)
        own = [(truth[fold] == index, scores[fold, index]) for fold in folds]
        areas, precisions = ([of(*part) for part in own] for of in (roc_auc_score, average_precision_score))
        positives = [part.sum() for part, _ in own]
        pairs = [part.sum() * (~part).sum() for part, _ in own]
        expected[f"auc_{name}"] = np.average(areas, weights=pairs)
        expected[f"auprc_{name}"] = np.average(precisions, weights=positives)
        assert abs(roc_auc_score(truth == index, scores[:, index]) - expected[f"auc_{name}"]) > 1e-4
    expected |= {f"macro_{key}": np.mean([expected[f"{key}_{name}"] for name in classes]) for key in ("auc", "auprc")}
    assert {name: found[name]["value"] for name in expected} == pytest.approx(expected, abs=1e-7)
    assert all(found[name]["low"] < value < found[name]["high"] for name, value in expected.items())
    curve = _curve.roc(prediction_table.read(best.folder / "predictions.csv"), 1)
    assert curve.area == pytest.approx(expected["auc_abnormal"]) and len(curve.folds) == 5
    told = (repository / "docs" / "results.md").read_text()
    assert f"{expected['macro_auc']:.3f}" in told and f"{expected['accuracy']:.3f}" in told
