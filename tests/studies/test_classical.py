"""A row of a study may be a classical model, on the same folds and in the same table as the networks."""

from __future__ import annotations

import csv
import json

from mlflow import MlflowClient

from mammo_monai.evaluation import prediction_table
from mammo_monai.studies import table
from mammo_monai.studies.folder import FINISHED, finished, prepare, read_json
from mammo_monai.studies.plan import plan
from mammo_monai.studies.worker import main


def study_file(tmp_path, **row):
    content = {"rows": [{"name": "texture", **row}], "common": {"spatial_size": [48, 48]}}
    (tmp_path / "study.json").write_text(json.dumps(content))
    return table.read(tmp_path / "study.json")


def test_the_worker_fits_it_and_its_run_is_a_child(repository, phantoms, folds, tmp_path, tracking_uri, monkeypatch):
    monkeypatch.setattr("mammo_monai.studies.worker._end_with_study", lambda: None)  # nobody holds its input
    made = study_file(tmp_path, classical="logistic")
    (job,) = plan(made, repository / "bundles" / "birads_classifier", tmp_path / "out", phantoms, folds[:1])
    fixed = {"tracking_uri": tracking_uri, "experiment_name": "small"}
    named = {"run_name": "texture", "run_tags": {"mlflow.parentRunId": "0" * 32, "row": "texture"}}
    assert main(str(prepare(job, repository / "bundles" / "birads_classifier", fixed, named))) == 0

    assert finished(job)
    assert read_json(job.folder / FINISHED)["measured"].keys() >= {"training_seconds", "peak_memory"}
    listed = json.loads(folds[0].read_text())["test"]
    with (job.folder / "predictions.csv").open(newline="") as file:
        assert [row["path"] for row in csv.DictReader(file)] == [item["image"] for item in listed]
    assert len(prediction_table.read(job.folder / "predictions.csv")) == len(listed)
    client = MlflowClient(tracking_uri)
    (run,) = client.search_runs([client.get_experiment_by_name("small").experiment_id])
    assert run.data.tags["mlflow.parentRunId"] == "0" * 32
    assert "test_macro_auc" in run.data.metrics


def test_another_model_is_another_row(repository, phantoms, folds, tmp_path):
    bundle = repository / "bundles" / "birads_classifier"
    digests = {
        plan(study_file(tmp_path, **row), bundle, tmp_path / "out", phantoms, folds[:1])[0].digest
        for row in ({}, {"classical": "logistic"}, {"classical": "forest"})
    }
    assert len(digests) == 3
