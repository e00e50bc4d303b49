"""From a training to decisions, with test-time augmentation and with several checkpoints."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from mammo_monai import Predictor
from mammo_monai.errors import cause
from mammo_monai.evaluation.calibration import calibrate
from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.exam_result import ExamResult
from mammo_monai.inference.exam import find_exams
from mammo_monai.training.decision_writer import DecisionWriter


def rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "predictions.csv").open()))


def scores(table: list[dict[str, str]]) -> np.ndarray:
    return np.array([[float(row[f"p_{name}"]) for name in ("045", "1", "23")] for row in table])


def test_evaluation_fits_what_inference_decides(train, workflow, bundle, phantoms, tmp_path, monkeypatch):
    train(max_epochs=1)
    out, weights = tmp_path / "out", str(tmp_path / "out" / "model.pt")
    infer = {"kind": "infer", "dataset_dir": str(phantoms / "images"), "weights": weights}
    workflow("inference", **infer, output_dir=str(tmp_path / "before")).run()
    assert {row["decision"] for row in rows(tmp_path / "before")} == {""}
    exam = json.loads(next((tmp_path / "before" / "exams").glob("*.json")).read_text())
    assert exam["context"]["decision"].startswith("none")
    assert not exam["images"][0]["outcome"]["calibrated"]

    workflow("train", "evaluate").run()
    listed = json.loads((phantoms / "datalist.json").read_text())
    assert [row["path"] for row in rows(out / "validation")] == [item["image"] for item in listed["validation"]]
    fitted = storage.read(weights)
    assert fitted.validation_rows == len(listed["validation"])
    assert fitted.operating_points
    assert {row["decision"] for row in rows(out)} <= {"045", "1", "23", "abstain"}
    written = (out / "decision.json").stat().st_mtime_ns
    workflow("train", "evaluate").run()
    assert (out / "decision.json").stat().st_mtime_ns == written

    # An evaluation of the validation part predicts it once, and fits the same on the way.
    table = rows(out / "validation")
    (out / "decision.json").unlink()
    with monkeypatch.context() as once:
        once.setattr(DecisionWriter, "_finish", lambda *_: pytest.fail("validation was predicted twice"))
        workflow("train", "evaluate", section="validation").run()
    assert storage.read(weights) == fitted
    assert [{**row, "decision": ""} for row in rows(out / "validation")] == table
    assert all(row["decision"] for row in rows(out / "validation"))

    # A decision that abstains from everything but the clearest: inference must do what the file says.
    content = json.loads((out / "decision.json").read_text())
    table = rows(tmp_path / "before")
    margins = np.diff(np.sort(calibrate(scores(table), 2.0)), axis=1)[:, -1]
    edge = float(np.median(margins))
    (out / "decision.json").write_text(json.dumps({**content, "temperature": 2.0, "abstain": edge}))
    workflow("inference", **infer, output_dir=str(tmp_path / "after")).run()
    after = rows(tmp_path / "after")
    assert [row["predicted"] for row in after] == [row["predicted"] for row in table]
    assert scores(after) == pytest.approx(scores(table), abs=1e-6)
    said = [row["decision"] == "abstain" for row in after]
    clear = np.abs(margins - edge) > 1e-6
    assert (np.array(said) == (margins < edge))[clear].all()
    assert any(said) and not all(said)
    images = {
        image["path"]: image["outcome"]
        for path in (tmp_path / "after" / "exams").glob("*.json")
        for image in json.loads(path.read_text())["images"]
    }
    for row, expected in zip(after, calibrate(scores(after), 2.0), strict=True):
        image = images[row["path"]]
        assert image["decision"] == row["decision"]
        assert list(image["calibrated"].values()) == pytest.approx(expected, abs=1e-6)
        for point in image["operating_points"]:
            assert point["called"] == (image["calibrated"][point["class_name"]] >= point["threshold"])

    # Whoever asks the Predictor gets what inference wrote, for every exam.
    predictor = Predictor(bundle, weights=weights, device="cpu")
    found = find_exams(phantoms / "images")
    stored = {
        (result.patient, result.exam): result
        for path in (tmp_path / "after" / "exams").glob("*.json")
        for result in [ExamResult.from_json(json.loads(path.read_text()))]
    }
    assert len(found.exams) == len(stored)
    for exam in found.exams[:6]:
        ours, theirs = predictor.predict(exam), stored[exam.patient, exam.exam]
        for one, other in zip(ours.images, theirs.images, strict=True):
            assert (one.path, one.outcome.decision) == (other.path, other.outcome.decision)
            assert one.outcome.probabilities == pytest.approx(other.outcome.probabilities, abs=1e-6)
            assert one.outcome.calibrated == pytest.approx(other.outcome.calibrated, abs=1e-6)
        assert ours.whole.outcome.calibrated == pytest.approx(theirs.whole.outcome.calibrated, abs=1e-6)
        assert ours.context["decision"] == theirs.context["decision"]

    # Asked for another decision, evaluation fits it, and inference and the Predictor decide so.
    asked = {"operating_points": [["cost", 20.0]], "abstain": "10%", "decide_by": "045, cost 20"}
    workflow("train", "evaluate", **asked).run()
    dear = storage.read(weights)
    assert (dear.plan.abstain, dear.point.name) == ("10%", "045, cost 20")
    assert dear.temperature == fitted.temperature
    workflow("inference", **infer, output_dir=str(tmp_path / "asked")).run()
    table = rows(tmp_path / "asked")
    scaled = calibrate(scores(table), dear.temperature)
    called = np.where(scaled[:, 0] >= dear.point.threshold, 0, 1 + scaled[:, 1:].argmax(1))
    flat = np.diff(np.sort(scaled))[:, -1] < dear.abstain
    said = np.where(flat, "abstain", np.array(["045", "1", "23"])[called])
    assert [row["decision"] for row in table] == said.tolist()
    by_path = {row["path"]: row["decision"] for row in table}
    result = Predictor(bundle, weights=weights, device="cpu").predict(found.exams[0])
    assert {image.outcome.decision for image in result.images} <= set(by_path.values())
    (of_exam,) = dear.levels["exam"][:1]
    whole = result.whole.outcome
    margin = np.diff(sorted(whole.calibrated.values()))[-1]
    if margin < dear.abstain:
        assert whole.decision == "abstain"
    else:
        assert (whole.decision == "045") == (whole.calibrated["045"] >= of_exam.threshold)
    assert "045, cost 20" in result.context["decision"]
    with pytest.raises(Exception) as raised:
        workflow("train", "evaluate", decide_by="045, cost 20").run()
    assert str(cause(raised.value)).startswith("decide_by: expected argmax; 045, youden;")

    (out / "decision.json").write_text(json.dumps({**content, "sha256": "0" * 64}))
    with pytest.raises(Exception) as raised:
        workflow("inference", **infer, output_dir=str(tmp_path / "never")).run()
    assert cause(raised.value).reason == "decision-mismatch"
    workflow("train", "evaluate").run()  # fits it anew
    assert storage.read(weights) == fitted


def test_variants_and_ensembles_are_evaluated_beside(train, workflow, phantoms, tmp_path):
    train(max_epochs=1)
    train(max_epochs=1, seed=1, output_dir=str(tmp_path / "other"))
    out = tmp_path / "out"
    workflow("train", "evaluate", tta="flip").run()
    assert not (out / "predictions.csv").exists()
    flipped = storage.read(out / "model.pt", "flip")
    assert (out / "decision_flip.json").is_file() and not (out / "decision.json").exists()
    assert flipped.validation_rows == len(rows(out / "validation_flip"))
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("birads_classifier")
    logged = [run.data.metrics for run in client.search_runs([experiment.experiment_id])]
    assert sum("test_flip_macro_auc" in metrics for metrics in logged) == 1
    assert not any("test_macro_auc" in metrics for metrics in logged)

    alone = [str(out / "model.pt"), str(tmp_path / "other" / "model.pt")]
    together = {}
    for name, weights in {"a": alone[0], "b": alone[1], "ab": alone, "one": alone[:1]}.items():
        workflow("train", "evaluate", weights=weights, output_dir=str(tmp_path / name)).run()
        together[name] = scores(rows(tmp_path / name))
    assert together["ab"] == pytest.approx((together["a"] + together["b"]) / 2, abs=1e-6)
    assert (together["one"] == together["a"]).all()
    assert storage.find(alone[::-1]) == storage.find(alone) is not None
    workflow(
        "inference", kind="infer", dataset_dir=str(phantoms / "images"), weights=alone, output_dir=str(tmp_path / "in")
    ).run()
    assert all(row["decision"] for row in rows(tmp_path / "in"))

    card = json.loads((tmp_path / "other" / "model.json").read_text())
    shutil.copy(alone[1], tmp_path / "moved.pt")
    (tmp_path / "moved.json").write_text(json.dumps({**card, "spatial_size": [96, 64]}))
    with pytest.raises(Exception) as raised:
        workflow("train", "evaluate", weights=[alone[0], str(tmp_path / "moved.pt")]).run()
    assert cause(raised.value).reason == "ensemble-differs"
    assert "spatial_size" in str(cause(raised.value))
