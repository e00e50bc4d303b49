"""The whole-image bundle of seed 004: both phases, transfer, every switch, and the study that ships with it."""

from __future__ import annotations

import csv
import json
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
import pytest
import torch
from mlflow import MlflowClient
from monai.bundle import ConfigWorkflow, ckpt_export, verify_metadata, verify_net_in_out

from mammo_monai.errors import cause
from mammo_monai.networks.staged import Staged
from mammo_monai.preparation.job import prepare_datalist
from mammo_monai.studies import table
from mammo_monai.studies.overlays import checked
from mammo_monai.transforms.source import to_source

NAMES = ["045", "1", "23"]  # what the phantoms are labelled with; the bundle takes any label map
SWITCHES = {
    "artefacts": "breast",
    "crop": "breast",
    "resize": "pad",
    "smoothing": 0.5,
    "equalisation": "histogram",
    "normalisation": "unit",
}


@pytest.fixture(scope="session")
def bundle(repository: Path) -> Path:
    return repository / "bundles" / "cancer_classifier"


@pytest.fixture(autouse=True)
def _store(empty_store: Path, tmp_path: Path) -> None:
    shutil.copy(empty_store, tmp_path / "mlflow.db")


@pytest.fixture(scope="session")
def trained(bundle: Path, phantoms: Path, empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of one epoch, from random values and so in one phase."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copy(empty_store, folder / "mlflow.db")
    made = ConfigWorkflow(
        config_file=str(bundle / "configs" / "train.json"), workflow_type="train", logging_file=False,
        bundle_root=str(bundle), dataset_dir=str(phantoms), output_dir=str(folder), cache_dir=str(folder / "cache"),
        tracking_uri=f"sqlite:///{folder / 'mlflow.db'}", num_workers=0, weights="none", backbone="resnet18",
        spatial_size=[64, 64], max_epochs=1, batch_size=8,
    )  # fmt: skip
    made.initialize()
    made.run()
    made.finalize()
    return folder


@pytest.fixture
def pretrained(trained: Path) -> str:
    """Weights of another run on images prepared alike."""
    return str(trained / "model.pt")


def failure(action) -> str:
    """The one line that a user would see."""
    with pytest.raises(BaseException) as raised:
        action()
    known = cause(raised.value)
    assert known is not None, repr(raised.value)
    assert "\n" not in str(known)
    return str(known)


def history(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open() as file:
        return [
            {key: text for key, text in row.items() if key != "seconds" and "memory" not in key}
            for row in csv.DictReader(file)
        ]


def runs(tmp_path):
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("cancer_classifier")
    return client, client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])


def test_two_phases_evaluation_and_inference(train, workflow, pretrained, phantoms, tmp_path):
    out = tmp_path / "out"
    train(weights=pretrained, weights_part="backbone", frozen_epochs=1, run_tags={"kind": "test"})
    rows = history(out)
    assert [row["phase"] for row in rows] == ["1", "2"]
    assert [float(row["learning_rate"]) for row in rows] == [1e-3, 1e-5]
    card = json.loads((out / "model.json").read_text())
    assert (card["bundle"], card["backbone"], card["class_names"]) == ("cancer_classifier", "resnet18", NAMES)
    (report,) = json.loads((out / "transfer.json").read_text())
    assert (report["file"], report["part"], report["missing"], report["misshaped"]) == (pretrained, "backbone", [], [])
    assert {name.split(".")[0] for name in report["left_out"]} == {"head"}

    workflow("train", "evaluate").run()
    listed = json.loads((phantoms / "datalist.json").read_text())
    told = list(csv.DictReader((out / "predictions.csv").open()))
    assert {row["path"] for row in told} == {item["image"] for item in listed["test"]}

    client, (run,) = runs(tmp_path)
    assert (run.info.status, run.data.tags["kind"]) == ("FINISHED", "test")
    phases = client.get_metric_history(run.info.run_id, "phase")
    assert [(metric.step, metric.value) for metric in phases] == [(1, 1.0), (2, 2.0)]
    steps = [metric.step for metric in client.get_metric_history(run.info.run_id, "val_loss")]
    assert steps == [1, 2]
    assert {"test_macro_auc", "val_macro_f1", "train_loss"} <= run.data.metrics.keys()
    assert {"transfer.json", "executed_config.json"} <= {a.path for a in client.list_artifacts(run.info.run_id)}

    workflow(
        "inference", kind="infer", dataset_dir=str(phantoms / "images"), output_dir=str(tmp_path / "eval"),
        weights=str(out / "model.pt"),
    ).run()  # fmt: skip
    answers = {row["path"]: row for row in csv.DictReader((tmp_path / "eval" / "predictions.csv").open())}
    for row in told:
        answer = answers[row["path"].removeprefix("images/")]
        assert answer["error"] == ""
        scores = [[float(line[f"p_{name}"]) for name in NAMES] for line in (row, answer)]
        assert scores[0] == pytest.approx(scores[1], abs=2e-5)


@pytest.mark.parametrize("stop_after", [1, 3])
def test_a_resume_in_either_phase_is_the_uninterrupted_training(train, pretrained, tmp_path, stop_after):
    common = {"weights": pretrained, "frozen_epochs": 2}
    train(**common, max_epochs=4, output_dir=str(tmp_path / "whole"))
    parts = {**common, "output_dir": str(tmp_path / "parts")}
    train(**parts, max_epochs=stop_after)
    train(**parts, max_epochs=4, resume=True)
    assert [row["phase"] for row in history(tmp_path / "whole")] == ["1", "1", "2", "2"]
    assert history(tmp_path / "whole") == history(tmp_path / "parts")
    whole, rest = (
        torch.load(tmp_path / folder / "last.pt", weights_only=True)["network"] for folder in ("whole", "parts")
    )
    assert all(torch.equal(whole[key], rest[key]) for key in whole)


def test_a_random_backbone_is_never_frozen(workflow, pretrained):
    def frozen(**ids: Any) -> int:
        made = workflow("train", transfer="any", **ids).parser
        return made.get_parsed_content("two_phase").frozen_epochs

    assert frozen() == 0
    assert frozen(weights={"head": pretrained}) == 0
    assert frozen(weights=pretrained) == 50
    assert frozen(weights=pretrained, weights_part="backbone", frozen_epochs=3) == 3


def test_weights_of_images_prepared_otherwise_are_refused(train, workflow, pretrained, tmp_path):
    common = {"weights": pretrained, "max_epochs": 1, "output_dir": str(tmp_path / "second")}
    line = failure(lambda: train(**common, spatial_size=[96, 64]))
    assert "ResizeAread" in line
    assert "--transfer any" in line
    assert "Smoothd" not in line
    assert "Equalised" in failure(lambda: train(**common, equalisation="clahe"))
    train(**common, spatial_size=[96, 64], transfer="any")
    other = {"output_dir": str(tmp_path / "second")}
    workflow("train", "evaluate", **other).run()
    refused = failure(lambda: workflow("train", "evaluate", **other, spatial_size=[64, 64]).run())
    assert "ResizeAread" in refused


def test_head_of_one_run_on_the_backbone_of_another(workflow, pretrained, tmp_path):
    """Seed 004's model B."""
    network = workflow("train", weights={"backbone": "none", "head": pretrained}).parser.get_parsed_content("network")
    trained = torch.load(pretrained, weights_only=True)
    own = network.state_dict()
    assert all(torch.equal(own[key], trained[key]) for key in trained if key.startswith("head."))
    assert not torch.equal(own["backbone.conv1.weight"], trained["backbone.conv1.weight"])


@pytest.mark.parametrize("switches", [{}, SWITCHES, {**SWITCHES, "equalisation": "clahe", "resize": "crop"}])
def test_one_film_gives_one_tensor_everywhere(workflow, switches):
    common = {"backbone": "resnet18", "spatial_size": [96, 48], "weights": "none", **switches}
    made = workflow("train", **common)
    item = made.parser.get_parsed_content("validate#dataset#data")[0]
    tensor = item
    for transform in made.parser.get_parsed_content("train#preprocessing").flatten().transforms:
        tensor = transform(tensor)
    cached = made.parser.get_parsed_content("validate#dataset")
    inference = workflow("inference", kind="infer", **common).parser.get_parsed_content("preprocessing")
    evaluate = workflow("train", "evaluate", **common).parser.get_parsed_content("validate#preprocessing")
    for other in (cached[0], cached[0], inference(item), evaluate(item)):
        assert torch.equal(tensor["image"].as_tensor(), other["image"].as_tensor())
        assert np.allclose(tensor["image"].affine, other["image"].affine)
    image = tensor["image"]
    assert image.shape == (3, 96, 48)
    if switches:
        assert (float(image.min()), float(image.max())) == (0, 1)
    else:
        assert float(image.mean()) == pytest.approx(0, abs=1e-4)


def test_a_prepared_store_gives_the_same_tensors(workflow, bundle, phantoms, tmp_path):
    options = {"spatial_size": [96, 48], **SWITCHES}
    store = tmp_path / "store"
    prepare_datalist(phantoms / "datalist.json", phantoms, store, bundle, options, ThreadPoolExecutor, 2)
    made = workflow("train", **options).parser.get_parsed_content("validate#dataset")
    ids = {"dataset_dir": str(store), "datalist": str(store / "datalist.json")}
    prepared = workflow("train", **options, **ids).parser.get_parsed_content("validate#dataset")
    assert all(torch.equal(a["image"].as_tensor(), b["image"].as_tensor()) for a, b in zip(made, prepared, strict=True))
    other = workflow("train", **ids, **options | {"smoothing": 1.0}).parser.get_parsed_content("validate#dataset")
    assert "Smoothd" in failure(lambda: other[0])


def test_every_switch_changes_the_tensor_and_off_is_the_default(workflow):
    common = {"backbone": "resnet18", "spatial_size": [96, 48], "weights": "none", "num_workers": 0}
    item = workflow("train", **common).parser.get_parsed_content("validate#dataset#data")[0]

    def image(**switches: Any) -> torch.Tensor:
        made = workflow("train", **common, **switches).parser.get_parsed_content("validate#preprocessing")(item)
        return made["image"]

    plain = image()
    for name, value in SWITCHES.items():
        assert not torch.equal(plain.as_tensor(), image(**{name: value}).as_tensor()), name
    whole = to_source([[0, 0], [95, 47]], plain)
    inside = to_source([[0, 0], [95, 47]], image(crop="breast"))
    assert np.ptp(inside, axis=0)[0] < np.ptp(whole, axis=0)[0]


def test_train_evaluate_and_inference_have_the_same_defaults(bundle):
    train, evaluate, inference = (
        json.loads((bundle / "configs" / f"{name}.json").read_text()) for name in ("train", "evaluate", "inference")
    )
    ids = {name for name, value in evaluate.items() if isinstance(value, str) and value.startswith("$@card.get(")}
    assert evaluate["weights_part"] == "all"  # whatever part a row of a study took from elsewhere
    assert ids >= {"spatial_size", "backbone", "stages_before", "convolutions_after", "voi", *SWITCHES}
    for name in ids:
        assert evaluate[name] == inference[name] == f"$@card.get({name!r}, {train[name]!r})"
        checkpoint = next(h for h in train["train"]["handlers"] if "Checkpoint" in h["_target_"])
        assert checkpoint["card"][name] == f"@{name}"


@pytest.mark.parametrize(
    ("configs", "kind"), [(["train"], "train"), (["train", "evaluate"], "train"), (["inference"], "infer")]
)
def test_check_properties(workflow, configs, kind):
    ids = {"weights": "none", "backbone": "resnet18", "spatial_size": [64, 64]}
    assert workflow(*configs, kind=kind, **ids).check_properties() == []


def test_metadata_against_monais_schema(bundle, shared_data):
    schema = shared_data / "meta_schema_20240725.json"
    verify_metadata(meta_file=str(bundle / "configs" / "metadata.json"), filepath=str(schema))


def test_network_input_and_output(bundle):
    configs = bundle / "configs"
    for name in ("train", "inference"):
        verify_net_in_out(
            "network_def",
            meta_file=str(configs / "metadata.json"),
            config_file=str(configs / f"{name}.json"),
            device="cpu",
            class_names=["benign", "malignant"],
            backbone="mobilenet_v2",
        )


def test_export_computes_what_the_checkpoint_computes(pretrained, bundle, tmp_path):
    network = Staged("resnet18", 3, 64).eval()
    network.load_state_dict(torch.load(pretrained, weights_only=True))
    image = torch.randn(2, 3, 64, 64)
    ckpt_export(
        "network_def", str(tmp_path / "model.ts"),
        ckpt_file=pretrained, meta_file=str(bundle / "configs" / "metadata.json"),
        config_file=str(bundle / "configs" / "inference.json"), weights=pretrained,
    )  # fmt: skip
    torch.testing.assert_close(torch.jit.load(tmp_path / "model.ts")(image), network(image), atol=1e-4, rtol=0)


def test_two_processes_configuration_with_one(workflow, monkeypatch, pretrained, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for key, value in {"RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}.items():
        monkeypatch.setenv(key, str(value))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    made = workflow("train", "multi_gpu_train", weights=pretrained, frozen_epochs=1)
    try:
        made.run()
    finally:
        idist.finalize()
        made.finalize()
    assert [row["phase"] for row in history(tmp_path / "out")] == ["1", "2"]


def test_bad_input_is_one_line(train):
    assert "mobilenet_v2" in failure(lambda: train(backbone="mobilenetv2"))
    small = failure(lambda: train(backbone="inception_v3"))
    assert "64x64 is too small" in small
    assert "75 or more" in small
    wrong = {
        "artefacts": "all", "crop": "tight", "resize": "squash", "smoothing": -1, "equalisation": "local",
        "normalisation": "zscore", "transfer": "yes", "dropout": 2, "stages_before": -1,
    }  # fmt: skip
    for name, value in wrong.items():
        assert repr(value) in failure(lambda ids={name: value}: train(**ids)), name
    assert "class_weights" in failure(lambda: train(class_weights="heavy"))


def test_the_study_has_every_model_and_only_ids_that_there_are(bundle):
    study = table.read(bundle / "studies" / "seed004.json")
    config = json.loads((bundle / "configs" / "train.json").read_text())
    checked(study.common, config, "common")
    rows = {row.name: row for row in study.rows}
    assert set("ABCDEFGHIJKLMNOPQRSTUV") | {"baseline", "mini_mias"} == rows.keys()
    assert [name for name, row in rows.items() if row.note.startswith("OURS")] == ["J", "R"]
    for row in study.rows:
        checked(row.overlay, config, row.name)
    for name in ("A", "B"):  # a transfer is refused where the preprocessing differs
        own, source = ({**study.common, **rows[n].overlay} for n in (name, "mini_mias"))
        assert all(own.get(key) == source.get(key) for key in (*SWITCHES, "spatial_size", "backbone"))


def test_rows_are_compared_with_what_the_paper_compares_them_with(bundle):
    """Of its text: H and I with C, N with F, O with P, P and S with Q; of the rows that are ours J with C, R with Q."""
    expected = {"H": "C", "I": "C", "J": "C", "N": "F", "O": "P", "P": "Q", "R": "Q", "S": "Q"}
    paper, films = (table.read(bundle / "studies" / f"{name}.json") for name in ("seed004", "films"))
    assert {row.name: row.against for row in paper.rows if row.against} == expected
    rows = {row.name: row for row in films.rows}
    assert set("ABCDEFGHIJKLMNOPQRSTUV") | {"baseline", "phantoms"} == {name for name in rows if "_n" not in name}
    assert {name: row.against for name, row in rows.items() if row.against and "_n" not in name} == {
        **expected, "G": "C",
    }  # fmt: skip
    for name, row in rows.items():
        if name.endswith("_n"):  # the same rows on normal and abnormal films
            other = rows[name.removesuffix("_n")]
            default = name if name in ("baseline_n", "phantoms_n") else "baseline_n"
            assert row.against == (f"{other.against}_n" if other.against else default)
