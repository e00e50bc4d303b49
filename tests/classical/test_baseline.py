"""The command on phantoms: the same patches as the network's, the folder of an evaluation, a run in MLflow."""

from __future__ import annotations

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient
from sklearn.metrics import roc_auc_score

from mammo_monai import cli
from mammo_monai.bundle_config import read_config
from mammo_monai.classical import models
from mammo_monai.classical.pixels import Samples
from mammo_monai.datasets import adapters, datalist, labels
from mammo_monai.datasets.patches import build
from mammo_monai.phantom import write_phantoms
from mammo_monai.preparation.job import prepare_datalist

EDGES = ("row_min", "col_min", "row_max", "col_max")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_phantoms(tmp_path_factory.mktemp("films") / "set", 20, 3, layout="mini_mias", rows=512, cols=416)
    images = datalist.build(adapters.read("mini_mias", root), labels.load("normal_abnormal"), root, name="m", seed=1)
    made = build(images, root, labels.load("benign_malignant"), policies=["context"], kinds=["mass"])
    datalist.write(made, root / "patches.json")
    datalist.write(images, root / "images.json")
    return root


@pytest.fixture
def command(films: Path, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(models.load("forest"), "GRID", {"min_samples_leaf": (3,)})
    monkeypatch.setattr(models.load("logistic"), "GRID", {"logisticregression__C": (1e-2, 1e-1)})

    def run(*args: object, bundle: str = "mass_patch", patches: str = "patches.json") -> int:
        return cli.run(["baseline", str(films / patches), "--root", str(films), "--out", str(tmp_path / "out"),
                        "--bundle", str(repository / "bundles" / bundle), "--spatial_size", "[64,64]",
                        "--cache_dir", str(tmp_path / "cache"), *map(str, args)])  # fmt: skip

    return run


def test_a_copy_is_its_patch_turned_from_the_source_and_from_a_store(films, repository, tmp_path):
    images = datalist.read(films / "images.json")
    made = build(images, films, labels.load("benign_malignant"), policies=["context"], kinds=["mass"], copies=8)
    datalist.write(made, films / "copies.json")
    bundle, store = repository / "bundles" / "mass_patch", tmp_path / "store"
    prepare_datalist(films / "copies.json", films, store, bundle, {}, ThreadPoolExecutor, 2)
    ids = {"spatial_size": [64, 64], "cache_dir": None}
    for listed, root in ((films / "copies.json", films), (store / "copies.json", store)):
        samples = Samples(bundle, listed, root, "test", ids)
        assert len(samples) == len(made["test"])
        for place in range(16):
            sample, plane = samples[place], samples[place - place % 8].plane
            assert sample.item["turn"] == place % 8
            turned = np.rot90(np.fliplr(plane) if place % 8 >= 4 else plane, place % 4)
            np.testing.assert_allclose(sample.plane, turned, atol=1)  # the resize rounds


@pytest.mark.parametrize("model", ["logistic", "forest"])
def test_the_folder_of_an_evaluation_and_a_run(command, films, tmp_path, model, capsys):
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert command("--model", model, "--tracking_uri", store) == 0
    printed = capsys.readouterr().out
    listed = json.loads((films / "patches.json").read_text())
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    rows = list(csv.DictReader((tmp_path / "out" / "predictions.csv").open()))
    found = [(row["path"], [int(row[e]) for e in EDGES], row["patient"], row["finding"], row["label"]) for row in rows]
    assert found == [
        (i["image"], i["box"], i["patient"], str(i["finding"]), listed["classes"][i["label"]]) for i in listed["test"]
    ]
    area = roc_auc_score([row["label"] == "malignant" for row in rows], [float(row["p_malignant"]) for row in rows])
    assert metrics["figures"]["macro_auc"]["value"] == pytest.approx(area)
    assert f"macAUC {area:.3f}" in printed
    assert area > 0.8  # drawn masses are smooth or spiculated: texture tells
    assert metrics["context"]["datalist"] == listed["digest"] and f"baseline-{model}" in metrics["context"]["model"]
    assert {"report.md", "roc.png", "confusion.png"} <= {path.name for path in (tmp_path / "out").iterdir()}

    client = MlflowClient(store)
    (run,) = client.search_runs([client.get_experiment_by_name("baseline").experiment_id])
    assert (run.info.run_name, run.info.status) == (f"baseline-{model}", "FINISHED")
    assert run.data.metrics["test_macro_auc"] == pytest.approx(area)
    assert run.data.params["datalist_digest"] == listed["digest"]
    assert "test/predictions.csv" in {file.path for file in client.list_artifacts(run.info.run_id, "test")}


def test_network_and_baseline_see_the_same_patch(films, repository, tmp_path):
    """The bundle z-scores what the baseline is given, and nothing else."""
    options = {"spatial_size": [64, 64], "cache_dir": str(tmp_path)}
    bundle, patches = repository / "bundles" / "mass_patch", films / "patches.json"
    config = read_config(bundle, "train", {**options, "dataset_dir": str(films), "datalist": str(patches)})
    networks = config.get_parsed_content("validate#dataset")
    ours = Samples(bundle, patches, films, "validation", options)
    assert len(ours) == len(networks) > 0
    for sample, item in zip(ours, networks, strict=True):
        assert sample.plane.shape == (64, 64) and sample.item["label"] == item["label"]
        scored = (sample.plane - sample.plane.mean()) / sample.plane.std()
        np.testing.assert_allclose(item["image"][0].numpy(), scored, atol=1e-3)


def test_validation_is_predicted_without_being_fitted_on(command, films, tmp_path):
    assert command("--section", "validation") == 0
    context = json.loads((tmp_path / "out" / "metrics.json").read_text())["context"]
    count = len(json.loads((films / "patches.json").read_text())["training"])
    assert context["section"] == "validation" and context["fitted on"].startswith(f"training, {count} items")


@pytest.mark.parametrize(
    ("args", "patches", "said"),
    [
        (("--model", "oak"), "patches.json", "forest, logistic"),
        (("--section", "training"), "patches.json", "--section training: expected one of test, validation"),
        ((), "images.json", "mammo-monai patches"),
        (("--colour", "red"), "patches.json", "no id 'colour'"),
    ],
)
def test_wrong_input_is_one_line(command, tmp_path, capsys, args, patches, said):
    assert command(*args, patches=patches) != 0
    error = capsys.readouterr().err
    assert said in error and len(error.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()
