"""The command with real trainings: a row that fails, kill -9 between two phases, and the resume on a cluster."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from mlflow import MlflowClient

from mammo_monai.cli import run
from mammo_monai.datasets import adapters, datalist, labels
from mammo_monai.phantom import write_phantoms

SMALL = {
    "weights": "none", "backbone": "resnet18", "spatial_size": [64, 48], "batch_size": 8, "num_workers": 0,
    "frozen_epochs": 1,
}  # fmt: skip
STUDY = {
    "name": "three",
    "baseline": "short",
    "common": SMALL,
    "rows": [
        {"name": "short", "overlay": {"max_epochs": 1}},
        {"name": "long", "overlay": {"max_epochs": 3, "weights": "{row:short}/model.pt", "seed": 1}},
        {"name": "broken", "overlay": {"class_weights": "heavy"}},
    ],
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Phantoms in the layout of CBIS-DDSM, benign or malignant."""
    root = write_phantoms(tmp_path_factory.mktemp("films") / "set", 20, 3, layout="cbis_ddsm", rows=160, cols=128)
    records = adapters.read("cbis_ddsm", root)
    listed = datalist.build(records, labels.load("benign_malignant"), root, name="cbis", seed=1)
    datalist.write(listed, root / "datalist.json")
    return root


@pytest.fixture
def arguments(films, repository, tmp_path, tracking_uri, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    file = tmp_path / "three.json"
    file.write_text(json.dumps(STUDY))
    return [
        "study", str(file), "--bundle", str(repository / "bundles" / "cancer_classifier"),
        "--out", str(tmp_path / "out"),
        "--dataset_dir", str(films), "--datalist", str(films / "datalist.json"),
        "--tracking_uri", tracking_uri, "--cache_dir", str(tmp_path / "cache"),
    ]  # fmt: skip


def wait_for(condition, seconds=400):
    for _ in range(seconds * 10):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")


@pytest.mark.slow
def test_three_rows_a_kill_in_the_middle_and_the_resume(arguments, tmp_path, tracking_uri, capsys):
    distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    out = tmp_path / "out"
    long, short = out / "long" / "datalist", out / "short" / "datalist"
    study = subprocess.Popen([sys.executable, "-m", "mammo_monai", *arguments], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: (long / "last.pt").exists() or study.poll() is not None)
        assert study.poll() is None
        os.kill(study.pid, signal.SIGKILL)
    finally:
        study.kill()
        study.wait()
    wait_for(lambda: (long / "failed.json").exists(), 60)  # the worker ended itself
    assert json.loads((long / "failed.json").read_text())["reason"] == "interrupted"
    assert not (long / "row.json").exists()
    done = (short / "row.json").stat().st_mtime_ns

    quiet = {"dashboard_address": None, "silence_logs": 50}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=True, **quiet) as cluster:
        address = cluster.scheduler_address
        assert run([*arguments, "--scheduler", address, "--workers", "2"]) == 1  # a row failed
    said = capsys.readouterr().out
    assert "short/datalist: was finished" in said
    assert "failed: broken/datalist: class_weights 'heavy': expected none, balanced or 2 numbers" in said
    assert (short / "row.json").stat().st_mtime_ns == done

    assert "resuming after epoch" in (long / "log.txt").read_text()
    with (long / "history.csv").open(newline="") as file:
        assert [epoch["phase"] for epoch in csv.DictReader(file)] == ["1", "2", "2"]
    measured = json.loads((long / "row.json").read_text())["measured"]
    assert measured["epochs"] == 3
    stored = torch.load(long / "model.pt", weights_only=True)
    learned = sum(t.numel() for name, t in stored.items() if "running_" not in name and "num_batches" not in name)
    assert measured["parameters"] == measured["trainable_parameters"] == learned
    assert 2e8 < measured["peak_memory"] < 2e10
    assert (long / "metrics.json").exists()
    assert not (long / "last.pt").exists()
    page = (out / "study.md").read_text()
    assert all(f"| {name} |" in page for name in ("**short**", "broken", "long"))

    client = MlflowClient(tracking_uri)
    runs = {
        r.info.run_name: r
        for r in client.search_runs([client.get_experiment_by_name("cancer_classifier").experiment_id])
    }
    assert runs.keys() == {"three", "short", "long"}  # the broken one never got as far as a run
    parent = runs.pop("three")
    assert parent.info.status == "FAILED"
    for name, child in runs.items():
        assert child.info.status == "FINISHED"
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert child.data.tags["row"] == name
        assert "test_macro_auc" in child.data.metrics
    history = client.get_metric_history(runs["long"].info.run_id, "val_loss")
    assert [metric.step for metric in history] == [1, 2, 3]


def test_mistakes_are_one_line_and_code_1(arguments, tmp_path, capsys):
    assert run([*arguments, "--max_epoch", "3"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: command line: the bundle has no id 'max_epoch'; nearest: max_epochs, frozen_epochs"
    ]
    assert not (tmp_path / "out").exists()
