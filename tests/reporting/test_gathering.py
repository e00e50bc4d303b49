"""What a report takes, refuses in one line, or does without and says so."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from ignite.engine import Engine

import mammo_monai.reporting as reporting
from mammo_monai.errors import MammoError
from mammo_monai.evaluation import prediction_table
from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.decisions.fitting import fit
from mammo_monai.reporting import gathering, report, sources
from mammo_monai.training.evaluation_run import MLflowEvaluation
from mammo_monai.training.evaluation_writer import EvaluationWriter


def made(folder, out, **options):
    """report.json of a folder."""
    with sources.opened(str(folder)) as source:
        report.write(out, gathering.gather(source, **options), source)
    return json.loads((out / "report.json").read_text())


def texts(content):
    return [block["words"] for one in content["sections"] for block in one["blocks"] if "words" in block]


def without_pictures(content):
    return {
        one["name"]: blocks
        for one in content["sections"]
        if (blocks := [block for block in one["blocks"] if block["kind"] != "picture"])
    }


def refused(folder, **options):
    with pytest.raises(MammoError) as caught, sources.opened(str(folder)) as source:
        gathering.gather(source, **options)
    assert "\n" not in str(caught.value)
    return caught.value.reason


def table(path, lines, classes=("benign", "malignant")):
    path.write_text("\n".join([f"path,label,{','.join(f'p_{name}' for name in classes)}", *lines]) + "\n")
    return path


def test_what_is_no_evaluation(tmp_path):
    assert refused(tmp_path) == "no-predictions"
    assert refused(tmp_path / "nothing") == "no-such-run"
    assert refused(table(tmp_path / "some.csv", ["a,benign,nan,0.5"])) == "bad-value"
    assert refused(table(tmp_path / "some.csv", ["a,benign,0.9,0.5"])) == "bad-value"
    assert refused(table(tmp_path / "some.csv", ["a,,0.9,0.1"])) == "empty"
    assert refused(table(tmp_path / "some.csv", ["a,normal,0.9,0.1"])) == "bad-value"


def test_run_ids_need_a_store_that_is_there(tmp_path):
    with pytest.raises(MammoError, match="--tracking_uri"), sources.opened("0" * 32):
        pass
    store = tmp_path / "none.db"
    with pytest.raises(MammoError, match=r"none\.db"), sources.opened("0" * 32, f"sqlite:///{store}"):
        pass
    assert not store.exists()


def test_datalist_of_another_digest_is_refused(training, tmp_path):
    folder = shutil.copytree(training.folder, tmp_path / "run")
    (folder / "metrics.json").write_text(json.dumps({"context": {"datalist": "0" * 64}}))
    assert refused(folder, datalist=training.datalist) == "other-datalist"


def test_five_rows_of_a_bare_table(tmp_path):
    lines = [f"<i>{i}</i>.png,{'benign' if i % 2 else 'malignant'},0.{i + 2},0.{8 - i}" for i in range(5)]
    content = made(table(tmp_path / "mine.csv", lines), tmp_path / "out")
    assert content["metrics"]["n"] == 5 and content["name"] == "mine"
    said = " ".join(texts(content))
    for part in ("5 of 5 rows name no patient", "Data and split: not known", "Not judged by exam: "):
        assert part in said
    assert "None: thresholds are chosen on predictions of the validation part" in said
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<i>" not in page and "&lt;i&gt;" in page


def test_class_that_never_occurs_is_undefined_with_a_reason(tmp_path):
    lines = [f"{i},{'abc'[i % 2]},0.5,0.3,0.2" for i in range(12)]
    content = made(table(tmp_path / "mine.csv", lines, "abc"), tmp_path / "out")
    figure = content["metrics"]["figures"]["macro_auc"]
    assert figure["value"] is None and figure["reason"]
    assert any("No row is of class c" in text for text in texts(content))
    assert "undefined" in (tmp_path / "out" / "report.html").read_text()


def test_rows_unknown_to_the_datalist_are_counted(training, tmp_path):
    folder = shutil.copytree(training.folder, tmp_path / "run")
    with (folder / "predictions.csv").open("a") as file:
        file.write("elsewhere.png,someone,e,L,CC,1,1,0.1,0.8,0.1,,\n")
    content = made(folder, tmp_path / "out", datalist=training.datalist)
    assert any("1 of 121 rows are not in the datalist (test)" in text for text in texts(content))


def test_damaged_files_beside_the_predictions(training, tmp_path):
    folder = shutil.copytree(training.folder, tmp_path / "run")
    (folder / "validation" / "predictions.csv").write_text("label,p_a,p_b\na,nan,1\n")
    content = made(folder, tmp_path / "out")
    assert any(text.startswith("Validation predictions: ") for text in texts(content))
    (folder / "model.json").write_text("[1")
    assert refused(folder) == "bad-json"


def test_report_of_evaluate_never_fails_it(training, tmp_path, caplog):
    folder = shutil.copytree(training.folder, tmp_path / "run", ignore=shutil.ignore_patterns("report"))
    for name in ("roc.png", "calibration.png"):
        shutil.copy(training.out / name, folder)
    drawn = (folder / "roc.png").stat().st_mtime_ns
    others = {"datalist": training.datalist, "bundle": tmp_path / "none", "root": tmp_path, "weights": "none"}
    files = reporting.after_evaluation(folder, "", **others)
    assert {"report.html", "report.json", "figures.csv", "flow.png", "roc.png"} <= {path.name for path in files}
    assert (folder / "roc.png").stat().st_mtime_ns == drawn
    (folder / "predictions.csv").write_text("label\n")
    assert reporting.after_evaluation(folder, "", **others) == []
    assert "no report was written" in caplog.text
    assert reporting.after_evaluation(tmp_path / "none", "", **others) == []


def test_report_into_the_folder_of_the_run_draws_its_pictures_anew(training, tmp_path):
    folder = shutil.copytree(training.folder, tmp_path / "run", ignore=shutil.ignore_patterns("report"))
    (folder / "roc.png").write_bytes(b"of earlier predictions")
    history = (folder / "history.csv").read_bytes()
    content = made(folder, folder, datalist=training.datalist)
    assert (folder / "roc.png").read_bytes() == (training.out / "roc.png").read_bytes()
    assert (folder / "history.csv").read_bytes() == history
    assert json.loads((folder / "metrics.json").read_text())["figures"] == content["metrics"]["figures"]
    assert content["sections"] == training.content()["sections"]


def test_stale_decision_is_not_used(training, tmp_path):
    folder = shutil.copytree(training.folder, tmp_path / "run")
    (folder / "model.pt").write_bytes(b"weights")
    validation = prediction_table.read(folder / "validation" / "predictions.csv")
    storage.write(fit(validation, folder / "model.pt"), folder / "model.pt")
    source = sources.of_folder(folder)
    stored = gathering.gather(source).chosen
    assert stored.source == "stored with the weights" and stored.decision.validation_rows == 80
    (folder / "model.pt").write_bytes(b"trained since")
    anew = gathering.gather(source)
    assert anew.chosen.source == "chosen on the validation predictions"
    assert anew.chosen.decision.operating_points == stored.decision.operating_points
    assert anew.chosen.decision.temperature == stored.decision.temperature
    assert any("other weights" in remark for remark in anew.remarks)


def test_decision_of_weights_that_did_not_predict_is_left_out(training, tmp_path):
    folder = shutil.copytree(training.folder, tmp_path / "run")
    (folder / "model.pt").write_bytes(b"weights")
    for used, there in (("0" * 64, False), (hashlib.sha256(b"weights").hexdigest(), True), ("imagenet", True)):
        (folder / "metrics.json").write_text(json.dumps({"context": {"section": "test", "weights": used}}))
        assert (gathering.gather(sources.of_folder(folder)).chosen is not None) == there
    with_flips = {"section": "test", "test-time augmentation": "flip"}
    (folder / "metrics.json").write_text(json.dumps({"context": with_flips}))
    assert gathering.gather(sources.of_folder(folder)).chosen is None  # validation was predicted without them
    (folder / "validation").rename(folder / "validation_flip")
    assert gathering.gather(sources.of_folder(folder)).chosen is not None


def test_evaluation_in_another_folder_than_its_weights(training, tmp_path):
    """Card, history and what validation chose are found beside the weights."""
    run = shutil.copytree(training.folder, tmp_path / "run", ignore=shutil.ignore_patterns("report", "*.csv"))
    for name in ("history.csv", "validation/predictions.csv"):
        shutil.copy(training.folder / name, run / name)
    (run / "model.pt").write_bytes(b"weights")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(training.folder / "predictions.csv", elsewhere)
    used = {"section": "test", "weights": hashlib.sha256(b"weights").hexdigest()}
    (elsewhere / "metrics.json").write_text(json.dumps({"context": used}))
    alone = gathering.gather(sources.of_folder(elsewhere))
    assert alone.chosen is None and not alone.history and not alone.card
    weights = str(run / "model.pt")
    found = gathering.gather(sources.of_folder(elsewhere, weights=weights), weights=weights)
    assert len(found.chosen.validation) == 80 and len(found.history) == 3
    assert found.card["backbone"] == "resnet18" and found.weights == weights


def test_decision_without_its_weights_has_to_be_of_those_that_predicted(training, tmp_path):
    """As in an MLflow run, whose weights stay where they are: the card, or the evaluation, says which they were."""
    folder = shutil.copytree(training.folder, tmp_path / "run")
    (tmp_path / "model.pt").write_bytes(b"weights")
    validation = prediction_table.read(folder / "validation" / "predictions.csv")
    fitted = replace(fit(validation, tmp_path / "model.pt"), temperature=1.25)
    shutil.copy(storage.write(fitted, tmp_path / "model.pt"), folder)
    shutil.rmtree(folder / "validation")
    source = sources.of_folder(folder)
    assert gathering.gather(source).chosen is None  # the card's are others
    assert any("other weights" in remark for remark in gathering.gather(source).remarks)
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(card | {"sha256": fitted.sha256}))
    assert gathering.gather(source).chosen.decision == fitted
    elsewhere = {"class_names": ["a", "b", "c"], "operating_points": [], "levels": {}}
    other = json.loads((folder / "decision.json").read_text()) | elsewhere
    (tmp_path / "kept.json").write_bytes((folder / "decision.json").read_bytes())
    (folder / "decision.json").write_text(json.dumps(other))
    assert any("decides between a, b, c" in remark for remark in gathering.gather(source).remarks)
    shutil.copy(tmp_path / "kept.json", folder / "decision.json")
    (folder / "metrics.json").write_text(json.dumps({"context": {"weights": "0" * 64}}))
    assert gathering.gather(source).chosen is None
    (folder / "metrics.json").write_text(json.dumps({"context": {"test-time augmentation": "flip"}}))
    assert gathering.gather(source).chosen is None
    (folder / "metrics.json").unlink()
    (folder / "decision.json").write_text("{}")
    assert gathering.gather(source).chosen is None
    assert any("decision.json: expected" in remark for remark in gathering.gather(source).remarks)


def evaluated(training, folder, run_id, store):
    """The folder of an evaluation with weights, decision and card, logged by the handler of the bundles."""
    shutil.copytree(training.folder, folder, ignore=shutil.ignore_patterns("report", "metrics.json"))
    weights = folder / "model.pt"
    weights.write_bytes(b"weights")
    used = hashlib.sha256(b"weights").hexdigest()
    card = json.loads((folder / "model.json").read_text()) | {"run_id": run_id, "sha256": used}
    (folder / "model.json").write_text(json.dumps(card))
    storage.write(fit(prediction_table.read(folder / "validation" / "predictions.csv"), weights), weights)
    shutil.copy(training.datalist, folder)
    items = json.loads(training.datalist.read_text())["test"]
    names = ("patient", "exam", "laterality", "view")
    batch = [
        {"label": item["label"], "identity": {"path": item["image"], **{name: item[name] for name in names}}}
        for item in items
    ]
    scores = torch.softmax(torch.tensor(np.random.default_rng(3).normal(size=(len(batch), 3))), 1)
    engine = Engine(lambda *_: [{"pred": one} for one in scores])
    context = {"section": "test", "datalist": training.digest, "weights": used, "test-time augmentation": "none"}
    writer = EvaluationWriter(str(folder), card["class_names"], context, str(weights))
    writer.attach(engine)
    paths = {"datalist": training.datalist, "dataset_dir": folder, "bundle_root": folder / "none"}
    MLflowEvaluation(store, "e", writer, "test", card, **paths).attach(engine)
    engine.run([batch])
    return folder


@pytest.mark.slow
def test_run_of_an_mlflow_store_says_what_its_folder_says(training, tmp_path):
    from mlflow import MlflowClient

    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = MlflowClient(store)
    experiment = client.create_experiment("e", artifact_location=(tmp_path / "files").as_uri())
    run_id = client.create_run(experiment).info.run_id
    client.log_param(run_id, "learning_rate", "0.001")
    client.log_param(run_id, "datalist", "/elsewhere/list.json")
    folder = evaluated(training, tmp_path / "run", run_id, store)  # ends with its report
    for path in (folder / "model.json", folder / "history.csv", training.datalist):  # as a training logs them
        client.log_artifact(run_id, str(path))
    with sources.opened(run_id, store) as source:
        pictured = {"bundle": folder / "none", "root": folder, "weights": folder / "model.pt"}  # as evaluate says
        context = gathering.gather(source, tracking_uri=store, **pictured)
        out = source.predictions.parent
        report.write(out, context, source, drawn=True)
        of_folder, of_run = (json.loads((place / "report.json").read_text()) for place in (folder, out))
    assert context.params["learning_rate"] == "0.001" and context.datalist["digest"] == training.digest
    assert len(context.scored) == 120 and len(context.history) == 3 and not context.remarks
    assert context.chosen.source == "stored with the weights"
    assert context.chosen.decision == storage.read(folder / "model.pt")
    assert len(context.chosen.validation) == context.chosen.decision.validation_rows == 80
    assert of_folder["name"] == f"{tmp_path.name}/run" and of_run["name"] == f"run {run_id[:8]}"
    assert of_run["metrics"] == of_folder["metrics"]
    assert without_pictures(of_run) == without_pictures(of_folder)
    with pytest.raises(MammoError, match="cannot be read") as caught, sources.opened("0" * 32, store):
        pass
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_twenty_thousand_rows(tmp_path):
    random = np.random.default_rng(0)
    n, classes = 20_000, ("045", "1", "23")
    labels = random.choice(3, n, p=(0.05, 0.67, 0.28))
    logits = random.normal(size=(n, 3))
    logits[np.arange(n), labels] += 1
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    head = "path,patient,exam,laterality,view,label," + ",".join(f"p_{name}" for name in classes)
    lines = [
        f"{i}.png,{i // 4},{i // 4},{'LR'[i // 2 % 2]},{('CC', 'MLO')[i % 2]},{classes[labels[i]]},"
        + ",".join(f"{p:.6f}" for p in scores[i])
        for i in range(n)
    ]
    (tmp_path / "big.csv").write_text("\n".join([head, *lines]))
    start = time.monotonic()
    content = made(tmp_path / "big.csv", tmp_path / "out")
    assert content["metrics"]["n"] == n
    assert time.monotonic() - start < 180
