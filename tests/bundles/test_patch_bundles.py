"""Both patch bundles, from a patch list of phantom films to predictions: masses of mini-MIAS, tiles of CBIS-DDSM."""

from __future__ import annotations

import csv
import json
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
import pydicom
import pytest
import torch
from mlflow import MlflowClient
from monai.bundle import verify_metadata, verify_net_in_out
from PIL import Image

from mammo_monai.datasets import adapters, datalist, labels
from mammo_monai.datasets.patches import build
from mammo_monai.errors import cause
from mammo_monai.evaluation import predictions
from mammo_monai.phantom import write_phantoms
from mammo_monai.preparation.job import prepare_datalist
from mammo_monai.training import cached_dataset
from mammo_monai.transforms.breast_region import find_breast
from mammo_monai.transforms.source import box_to_source

BUNDLES = {
    "mass_patch": ("baseline_cnn", ["benign", "malignant"]),
    "abnormality_patch": (
        "vgg_blocks",
        ["normal", "benign calcification", "benign mass", "malignant calcification", "malignant mass"],
    ),
}


@pytest.fixture(scope="session")
def mass_patch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Circles in the layout of mini-MIAS; a smaller breast would be lost in its square frame."""
    root = write_phantoms(tmp_path_factory.mktemp("films") / "set", 20, 3, layout="mini_mias", rows=512, cols=416)
    images = datalist.build(adapters.read("mini_mias", root), labels.load("normal_abnormal"), root, name="m", seed=1)
    made = build(images, root, labels.load("benign_malignant"), policies=["context"], kinds=["mass"])
    datalist.write(made, root / "patches.json")
    datalist.write(images, root / "datalist.json")
    return root


@pytest.fixture(scope="session")
def abnormality_patch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Masks in the layout of CBIS-DDSM, DICOM of 16 bits; all five classes in every section."""
    root = write_phantoms(
        tmp_path_factory.mktemp("films") / "set", 8, 3, layout="cbis_ddsm", rows=320, cols=260,
        prevalence={2: 1, 5: 1},
    )  # fmt: skip
    records = adapters.read("cbis_ddsm", root)
    images = datalist.build(records, labels.load("benign_malignant"), root, name="c", seed=1)
    made = build(
        images, root, labels.load("lesion5"), policies=["tile", "background"], normal_share=0.3, per_image=2,
        options={"size": "64", "stride": "64", "around": "0"},
    )  # fmt: skip
    datalist.write(made, root / "patches.json")
    datalist.write(images, root / "datalist.json")
    return root


@pytest.fixture(scope="module", params=BUNDLES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def bundle(repository: Path, name: str) -> Path:
    return repository / "bundles" / name


@pytest.fixture(scope="module")
def films(request: pytest.FixtureRequest, name: str) -> Path:
    return Path(request.getfixturevalue(name))


@pytest.fixture
def data(films: Path) -> dict[str, str]:
    return {"dataset_dir": str(films), "datalist": str(films / "patches.json")}


@pytest.fixture
def small(name: str) -> dict[str, Any]:
    return {"weights": "none", "backbone": BUNDLES[name][0], "spatial_size": [32, 32], "max_epochs": 2, "batch_size": 8}


def runs(tmp_path, name):
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    return client.search_runs([client.get_experiment_by_name(name).experiment_id])


def failure(action) -> str:
    """The one line that a user would see."""
    with pytest.raises(Exception) as raised:
        action()
    known = cause(raised.value)
    assert known is not None, repr(raised.value)
    assert "\n" not in str(known)
    return str(known)


def deterministic(workflow) -> list:
    return workflow.parser.get_parsed_content("validate#preprocessing").flatten().transforms


def test_train_evaluate_and_infer(train, workflow, films, data, name, tmp_path):
    train()
    out = tmp_path / "out"
    listed = json.loads(Path(data["datalist"]).read_text())
    card = json.loads((out / "model.json").read_text())
    assert (card["bundle"], card["backbone"], card["class_names"]) == (name, *BUNDLES[name])
    assert listed["classes"] == card["class_names"] and all(min(c.values()) for c in listed["counts"].values())

    workflow("train", "evaluate").run()
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["counts"] == listed["counts"]["test"]
    rows = list(csv.DictReader((out / "predictions.csv").open()))
    edges = ("row_min", "col_min", "row_max", "col_max")
    found = [(row["path"], [int(row[edge]) for edge in edges], int(row["finding"]), row["label"]) for row in rows]
    expected = [(i["image"], i["box"], i["finding"], listed["classes"][i["label"]]) for i in listed["test"]]
    assert found == expected
    again, classes = predictions.read(out / "predictions.csv")
    assert classes == listed["classes"]
    assert [list(row.box) for row in again] == [item["box"] for item in listed["test"]]

    (run,) = runs(tmp_path, name)
    assert run.info.status == "FINISHED"
    logged = run.data.metrics
    assert {"train_loss", "train_accuracy", "val_macro_auc", "val_accuracy", "test_accuracy"} <= logged.keys()
    suffixes = [*([""] if name == "mass_patch" else []), *(f"_{c}" for c in listed["classes"])]
    # not precision and F1: undefined for a class that was never called
    assert {f"val_{figure}{suffix}" for figure in ("sensitivity", "auc") for suffix in suffixes} <= logged.keys()
    watched = {key.removeprefix("val_") for key in logged if key.startswith("val_")}
    short = {"precision", "sensitivity", "f1", "auc"} if name == "mass_patch" else set()
    assert watched - {"loss"} - short <= metrics["figures"].keys()  # test_* has every other name of val_*
    positive = listed["classes"][1]
    assert logged[f"test_f1_{positive}"] == pytest.approx(metrics["figures"][f"f1_{positive}"]["value"])
    assert logged["test_weighted_sensitivity"] == pytest.approx(
        metrics["figures"]["accuracy"]["value"]
    )  # equal by definition

    table = (out / "predictions.csv").read_text().splitlines()
    columns = table[0].split(",")
    lost = dict.fromkeys(columns, "") | dict(zip(columns, table[1].split(","), strict=False))
    lines = [{**lost, "path": "gone.pgm"}, {**lost, **dict(zip(edges, (-50, -50, -2, -2), strict=True))}]
    extended = tmp_path / "boxes.csv"
    extended.write_text("\n".join([*table, *(",".join(str(line[c]) for c in columns) for line in lines)]) + "\n")
    workflow(
        "inference", kind="infer", datalist=str(extended), output_dir=str(tmp_path / "eval"),
        weights=str(out / "model.pt"),
    ).run()  # fmt: skip
    answers = list(csv.DictReader((tmp_path / "eval" / "predictions.csv").open()))
    for row, answer in zip(rows, answers[: len(rows)], strict=True):
        assert [answer[key] for key in ("path", *edges, "patient", "laterality")] == [
            row[key] for key in ("path", *edges, "patient", "laterality")
        ]
        scores = [[float(line[f"p_{c}"]) for c in listed["classes"]] for line in (row, answer)]
        assert scores[0] == pytest.approx(scores[1], abs=2e-5)
    assert [answer["error"].split(":")[0] for answer in answers[len(rows) :]] == ["not-found", "bad-box"]
    exams = [json.loads(path.read_text()) for path in (tmp_path / "eval" / "exams").glob("*.json")]
    assert sum(len(image["box"]) for exam in exams for image in exam["images"]) == 4 * len(answers)


def test_resume_continues_the_run(train, name, tmp_path):
    train(max_epochs=1)
    train(max_epochs=2, resume=True)
    assert len(runs(tmp_path, name)) == 1
    assert [row["epoch"] for row in csv.DictReader((tmp_path / "out" / "history.csv").open())] == ["1", "2"]


def test_one_patch_gives_one_tensor_everywhere_and_a_store_is_read_in_windows(
    workflow, bundle, data, films, tmp_path, monkeypatch
):
    made = workflow("train")
    items = made.parser.get_parsed_content("validate#dataset#data")
    cached = made.parser.get_parsed_content("validate#dataset")
    expected = [made.parser.get_parsed_content("validate#preprocessing")(item)["image"] for item in items]
    inference = workflow(
        "inference", kind="infer", datalist=None, spatial_size=[32, 32], weights="none", backbone="baseline_cnn"
    ).parser.get_parsed_content("preprocessing")
    store = tmp_path / "store"
    prepare_datalist(Path(data["datalist"]), films, store, bundle, {}, ThreadPoolExecutor, 2)
    stored = workflow("train", dataset_dir=str(store), datalist=str(store / Path(data["datalist"]).name)).parser
    prepared = stored.get_parsed_content("validate#dataset")

    for part in ("train", "validate"):
        following = made.parser.get_parsed_content(f"{part}#dataset")
        assert following.transform.transforms[len(following.cached)].reads_windows
    first = [patch["image"] for patch in cached]
    monkeypatch.setattr(cached_dataset, "read_entry", lambda path: pytest.fail(f"{path} was read whole"))
    for tensor, *others in zip(expected, first, cached, map(inference, items), prepared, strict=True):
        assert tensor.shape == (3, 32, 32)
        for other in others:
            image = other["image"] if isinstance(other, dict) else other
            assert torch.equal(tensor.as_tensor(), image.as_tensor())
            assert np.array_equal(tensor.affine, image.affine)
    assert all(item["image"].startswith(str(store)) for item in stored.get_parsed_content("validate#dataset#data"))
    again = prepare_datalist(Path(data["datalist"]), films, store, bundle, {}, ThreadPoolExecutor, 2)
    assert not again.made


def test_a_patch_is_the_films_own_pixels(workflow, films, name):
    """Without a resize a patch is the z-scored window of the film, turned so that the chest wall is left."""
    items = workflow("train").parser.get_parsed_content("train#dataset#data")
    compared = 0
    for item in items:
        file = films / item["path"]
        film = pydicom.dcmread(file).pixel_array if file.suffix == ".dcm" else np.array(Image.open(file))
        region = find_breast(film)
        top, left, bottom, right = box = item["box"]
        inside = all(b >= r for b, r in zip(box[:2], region.box[:2], strict=True)) and all(
            b <= r for b, r in zip(box[2:], region.box[2:], strict=True)
        )
        thumbnail = np.kron(region.mask, np.ones((region.stride, region.stride), bool))
        whole = thumbnail[max(0, top - 16) : bottom + 16, max(0, left - 16) : right + 16].all()
        if not inside or not (whole or name == "mass_patch"):  # artefact removal changes what is not breast
            continue
        window = film[top:bottom, left:right].astype(np.float64)
        window = window[:, ::-1] if region.chest_wall == "right" else window
        chain = workflow("train", spatial_size=list(window.shape)).parser.get_parsed_content("validate#preprocessing")
        patch = chain(item)["image"]
        assert box_to_source((0, 0, *window.shape), patch) == pytest.approx(box)
        np.testing.assert_allclose(patch[1].numpy(), (window - window.mean()) / window.std(), atol=2e-3)
        compared += 1
        if compared == 3:
            break
    assert compared


def test_augmentation_of_the_study_and_none(workflow, bundle, name):
    made = workflow("train", spatial_size=[48, 40])
    item = made.parser.get_parsed_content("train#dataset#data")[0]
    chain, plain = (made.parser.get_parsed_content(f"{part}#preprocessing") for part in ("train", "validate"))
    random = [type(t).__name__ for t in chain.flatten().transforms if t not in deterministic(made)]
    patches = [chain(item)["image"].as_tensor() for _ in range(3)]
    assert all(patch.shape == (3, 48, 40) for patch in patches)
    if name == "abnormality_patch":
        assert random == []
        return
    assert random == ["RandViewd"]
    assert not torch.equal(patches[0], patches[1])
    chain.set_random_state(5)
    one = chain(item)["image"].as_tensor()
    chain.set_random_state(5)
    assert torch.equal(one, chain(item)["image"].as_tensor())
    overlays = ("presets/resnet18_transfer", "presets/unaugmented")  # section 5.3 of the study
    bare = workflow("train", *overlays, spatial_size=[48, 40], backbone="resnet18").parser
    still = bare.get_parsed_content("train#preprocessing")(item)["image"]
    assert torch.equal(still.as_tensor(), plain(item)["image"].as_tensor())
    params = bare.get_parsed_content("tracking").params
    assert (params["augmentation"], params["patience"]) == ([], 250)


STUDY = {  # network, learning rate (seed 002); convolutions, dropouts, norms, decay (seed 003)
    "baseline_cnn": ("BaselineCnn", 0.01),
    "alexnet": ("TorchvisionClassifier", 0.01),
    "resnet18_scratch": ("TorchvisionClassifier", 0.001),
    "resnet18_transfer": ("TorchvisionClassifier", 0.001),
    "step1_1_block": (2, 0, 0, False),
    "step2_2_blocks": (4, 0, 0, False),
    "step3_3_blocks": (6, 0, 0, False),
    "step4_dropout": (6, 3, 0, False),
    "step5_batch_norm": (6, 3, 3, False),
    "step6_kernel_regulariser": (6, 3, 3, True),
    "step7_4_blocks": (8, 4, 4, False),
}


def test_presets_are_the_models_of_the_study(workflow, bundle, name):
    presets = {path.stem: json.loads(path.read_text()) for path in (bundle / "configs" / "presets").glob("*.json")}
    presets.pop("unaugmented", None)
    assert presets.keys() <= STUDY.keys()
    for preset, ids in presets.items():
        ids = {**ids, "spatial_size": [64, 64], "weights": "none"}
        parser = workflow("train", f"presets/{preset}", **ids).parser
        network = parser.get_parsed_content("network_def")
        optimizer = parser.get_parsed_content("optimizer")
        if name == "mass_patch":
            group = optimizer.param_groups[0]
            assert (type(network).__name__, group["lr"]) == STUDY[preset]
            assert (type(optimizer).__name__, group["momentum"]) == ("SGD", 0.9)
            assert network.backbone_name == preset.partition("_")[0].replace("baseline", "baseline_cnn")
            continue
        modules = list(network.backbone.modules())
        counts = [
            sum(isinstance(m, kind) for m in modules)
            for kind in (torch.nn.Conv2d, torch.nn.Dropout, torch.nn.BatchNorm2d)
        ]
        counts[1] = sum(isinstance(m, torch.nn.Dropout) and m.p > 0 for m in modules)
        assert (*counts, optimizer.param_groups[0]["weight_decay"] > 0) == STUDY[preset]
        assert (type(optimizer).__name__, optimizer.param_groups[0]["betas"]) == ("Adam", (0.9, 0.999))
        assert (
            next(t for t in deterministic(workflow("train", f"presets/{preset}")) if hasattr(t, "remover")).remover.by
            == "otsu"
        )


def test_two_processes_configuration_with_one(workflow, monkeypatch, name, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for key, value in {"RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}.items():
        monkeypatch.setenv(key, str(value))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    made = workflow("train", "multi_gpu_train", max_epochs=1)
    try:
        assert torch.distributed.get_world_size() == 1
        made.run()
    finally:
        idist.finalize()
        made.finalize()
    assert (tmp_path / "out" / "model.pt").exists()
    (run,) = runs(tmp_path, name)
    assert run.info.status == "FINISHED"


@pytest.mark.parametrize(
    ("configs", "kind"), [(["train"], "train"), (["train", "evaluate"], "train"), (["inference"], "infer")]
)
def test_check_properties(workflow, small, configs, kind, tmp_path):
    table = tmp_path / "boxes.csv"
    table.write_text("path,row_min,col_min,row_max,col_max\na.png,0,0,9,9\n")
    ids = {key: small[key] for key in ("weights", "backbone", "spatial_size")}
    given = {"datalist": str(table)} if kind == "infer" else {}
    assert workflow(*configs, kind=kind, **ids, **given).check_properties() == []


def test_metadata_against_monais_schema(bundle, shared_data):
    schema = shared_data / "meta_schema_20240725.json"
    verify_metadata(meta_file=str(bundle / "configs" / "metadata.json"), filepath=str(schema))


def test_network_input_and_output(bundle, name):
    configs = bundle / "configs"
    for config in ("train", "inference"):
        verify_net_in_out(
            "network_def",
            meta_file=str(configs / "metadata.json"),
            config_file=str(configs / f"{config}.json"),
            device="cpu",
            class_names=BUNDLES[name][1],
        )


def test_balanced_class_weights_are_shown(workflow, data, caplog):
    counts = list(json.loads(Path(data["datalist"]).read_text())["counts"]["training"].values())
    with caplog.at_level(logging.INFO):
        loss = workflow("train", class_weights="balanced").parser.get_parsed_content("loss")
    expected = [sum(counts) / (len(counts) * count) for count in counts]
    assert loss.weight.tolist() == pytest.approx(expected)
    assert ", ".join(f"{weight:.3f}" for weight in expected) in caplog.text


def test_bad_input_is_one_line(train, workflow, films, name, tmp_path):
    assert "mammo-monai patches" in failure(lambda: train(datalist=str(films / "datalist.json")))
    whole = {"datalist": str(films / "datalist.json"), "weights": "none", "spatial_size": [32, 32]}
    assert "mammo-monai patches" in failure(lambda: workflow("train", "evaluate", **whole).run())
    assert "columns path, row_min" in failure(
        lambda: workflow("inference", kind="infer", datalist=None).parser.get_parsed_content("dataset")
    )
    if name == "mass_patch":
        assert "resnet18" in failure(lambda: train(backbone="resnet81"))
        assert "benign, malignant" in failure(lambda: train(positive="cancer"))
    else:
        assert "resnet18" in failure(lambda: train(backbone="resnet81", network_options={}))
        assert "blocks" in failure(lambda: train(network_options={"blocks": 0}))
        assert "'otsu' or 'breast'" in failure(lambda: train(artefacts="all"))
