"""The command with real trainings, in this process: a process of its own (test_study_verb.py) imports for longer."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from mlflow import MlflowClient

from mammo_monai.cli import run
from mammo_monai.studies import engines, worker
from mammo_monai.studies.folder import read_json
from mammo_monai.studies.process import outcome

RANGES = {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}, "spatial_size": {"choices": [[40, 40]]}}


def here(spec_file, environment):
    spec = read_json(spec_file)
    worker._work(spec, Path(spec["folder"]))
    return outcome(Path(spec["folder"]), 0)


@pytest.mark.slow
def test_two_trials_end_with_a_preset_and_leave_the_test_alone(
    phantoms, repository, tmp_path, tracking_uri, capsys, monkeypatch
):
    monkeypatch.setattr(engines, "local", partial(engines.local, launch=here))
    ranges, out = tmp_path / "ranges.json", tmp_path / "out"
    ranges.write_text(json.dumps(RANGES))
    code = run([
        "tune", str(repository / "bundles" / "birads_classifier"), "--ranges", str(ranges), "--trials", "2",
        "--out", str(out), "--dataset_dir", str(phantoms), "--datalist", str(phantoms / "datalist.json"),
        "--tracking_uri", tracking_uri, "--cache_dir", str(tmp_path / "cache"),
        "--weights", "none", "--backbone", "resnet18", "--batch_size", "8", "--num_workers", "0", "--max_epochs", "1",
    ])  # fmt: skip
    said = capsys.readouterr().out
    assert code == 0, said
    best = json.loads((out / "best.json").read_text())
    assert best["spatial_size"] == [40, 40]
    assert 1e-4 <= best["learning_rate"] <= 1e-2
    assert json.dumps(best, indent=4) in said
    assert not list(out.rglob("predictions.csv"))
    assert not list(out.rglob("metrics.json"))

    client = MlflowClient(tracking_uri)
    runs = {
        r.info.run_name: r
        for r in client.search_runs([client.get_experiment_by_name("birads_classifier").experiment_id])
    }
    parent = runs.pop("ranges")
    assert runs.keys() == {"trial-0000", "trial-0001"}
    assert {r.data.tags["mlflow.parentRunId"] for r in runs.values()} == {parent.info.run_id}
    scores = [r.data.metrics["val_macro_auc"] for r in runs.values()]
    assert parent.data.metrics["best_val_macro_auc"] == pytest.approx(max(scores))
    assert not [name for r in runs.values() for name in r.data.metrics if name.startswith("test_")]
