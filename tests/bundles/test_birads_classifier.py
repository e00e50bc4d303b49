from __future__ import annotations

import csv
import json
import os
import shutil

import numpy as np
import pytest
import torch
from mlflow import MlflowClient
from monai.bundle import ckpt_export, onnx_export, verify_metadata, verify_net_in_out

from mammo_monai.datasets import adapters, datalist, labels
from mammo_monai.errors import cause


def runs(tmp_path):
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("birads_classifier")
    return client, client.search_runs([experiment.experiment_id])


def failure(action) -> str:
    """The one line that a user would see."""
    try:
        action()
    except BaseException as error:
        known = cause(error)
        assert known is not None, f"not one line but {error!r}"
        assert "\n" not in str(known)
        return str(known)
    raise AssertionError("no error")


def test_train_evaluate_and_infer(train, workflow, phantoms, tmp_path):
    train()
    out = tmp_path / "out"
    card = json.loads((out / "model.json").read_text())
    assert (card["backbone"], card["spatial_size"], card["class_names"]) == ("resnet18", [64, 64], ["045", "1", "23"])

    evaluation = workflow("train", "evaluate")
    evaluation.run()
    metrics = json.loads((out / "metrics.json").read_text())
    listed = json.loads((phantoms / "datalist.json").read_text())
    assert metrics["counts"] == listed["counts"]["test"]
    assert metrics["n"] == len(listed["test"])
    macro_auc = metrics["figures"]["macro_auc"]["value"]
    assert 0 <= macro_auc <= 1
    rows = list(csv.DictReader((out / "predictions.csv").open()))
    assert {row["path"] for row in rows} == {item["image"] for item in listed["test"]}
    for row in rows:
        assert sum(float(row[f"p_{name}"]) for name in card["class_names"]) == pytest.approx(1, abs=1e-5)

    client, (run,) = runs(tmp_path)
    assert run.info.status == "FINISHED"
    assert {"train_loss", "val_macro_auc", "test_macro_auc", "learning_rate"} <= run.data.metrics.keys()
    assert run.data.metrics["test_macro_auc"] == pytest.approx(macro_auc)
    watched = {key.removeprefix("val_") for key in run.data.metrics if key.startswith("val_")}
    assert {"sensitivity_045", "macro_f1"} <= watched - {"loss"} <= metrics["figures"].keys()
    assert run.data.params["datalist_digest"] == listed["digest"]
    assert run.data.params["backbone"] == "resnet18"
    names = {a.path for a in client.list_artifacts(run.info.run_id)}
    assert {"executed_config.json", "datalist.json", "model.pt", "model.json", "curves.png", "test"} <= names
    executed = json.loads(
        (tmp_path / "mlartifacts" / run.info.run_id / "artifacts" / "executed_config.json").read_text()
    )
    assert (executed["max_epochs"], executed["backbone"]) == (2, "resnet18")

    folder = tmp_path / "new films"
    shutil.copytree(phantoms / "images", folder / "exams")
    (folder / "notes.txt").write_text("not an image")
    first = next((folder / "exams").rglob("*.dicom"))
    first.write_bytes(first.read_bytes()[:3000])
    (folder / "empty.png").touch()
    inference = workflow(
        "inference",
        kind="infer",
        dataset_dir=str(folder),
        output_dir=str(tmp_path / "eval"),
        weights=str(out / "model.pt"),
    )
    inference.run()
    answers = {row["path"]: row for row in csv.DictReader((tmp_path / "eval" / "predictions.csv").open())}
    assert len(answers) == 82
    bad = {path: row["error"].split(":")[0] for path, row in answers.items() if row["error"]}
    assert bad.keys() == {"notes.txt", "empty.png", str(first.relative_to(folder))}
    assert bad["notes.txt"] == "unsupported-format"
    assert bad["empty.png"] == "empty-file"
    for row in rows:  # the same film gives the same probabilities in evaluation and inference
        answer = answers[f"exams/{row['path'].removeprefix('images/')}"]
        if not answer["error"]:
            assert [float(answer[f"p_{n}"]) for n in card["class_names"]] == pytest.approx(
                [float(row[f"p_{n}"]) for n in card["class_names"]], abs=2e-5
            )
            assert (answer["laterality"], answer["view"]) == (row["laterality"], row["view"])
    exams = [json.loads(path.read_text()) for path in (tmp_path / "eval" / "exams").glob("*.json")]
    assert sum(len(exam["images"]) for exam in exams) == 82
    assert all("not for clinical use" in exam["notice"] for exam in exams)


def test_other_data_or_other_classes_never_overwrite_a_trainings_figures(train, workflow, phantoms, tmp_path):
    train(max_epochs=1)
    records = adapters.read("phantom", phantoms)
    for name, seed in (("birads3", 5), ("birads_screening", 0)):
        made = datalist.build(records, labels.load(name), phantoms, name="phantom", seed=seed)
        datalist.write(made, tmp_path / f"{name}.json")
    workflow("train", "evaluate", datalist=str(tmp_path / "birads3.json")).run()
    _, found = runs(tmp_path)
    own, other = sorted(found, key=lambda run: "evaluates_run" in run.data.tags)
    assert not [name for name in own.data.metrics if name.startswith("test_")]
    assert "test_macro_auc" in other.data.metrics
    assert other.data.tags["evaluates_run"] == own.info.run_id
    assert {run.info.status for run in found} == {"FINISHED"}
    line = failure(lambda: workflow("train", "evaluate", datalist=str(tmp_path / "birads_screening.json")).run())
    assert "label map birads3" in line


def test_one_film_gives_one_tensor_everywhere(workflow, phantoms, tmp_path):
    common = {"backbone": "resnet18", "spatial_size": [64, 64], "weights": "none"}
    made = workflow("train", **common)
    item = made.parser.get_parsed_content("validate#dataset#data")[0]
    train = made.parser.get_parsed_content("train#preprocessing").transforms
    deterministic = [t for t in train if "Rand" not in type(t).__name__]
    tensor = item
    for transform in deterministic:
        tensor = transform(tensor)
    cached = made.parser.get_parsed_content("validate#dataset")
    inference = workflow("inference", kind="infer", **common).parser.get_parsed_content("preprocessing")
    evaluate = workflow("train", "evaluate", **common).parser.get_parsed_content("validate#preprocessing")
    for other in (cached[0], cached[0], inference(item), evaluate(item)):
        assert torch.equal(tensor["image"].as_tensor(), other["image"].as_tensor())
    assert tensor["image"].shape == (3, 64, 64)
    assert float(tensor["image"].mean()) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("configs", "kind"), [(["train"], "train"), (["train", "evaluate"], "train"), (["inference"], "infer")]
)
def test_check_properties(workflow, configs, kind):
    assert (
        workflow(*configs, kind=kind, weights="none", backbone="resnet18", spatial_size=[64, 64]).check_properties()
        == []
    )


def test_metadata_against_monais_schema(bundle, shared_data, tmp_path):
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
            class_names=["045", "1", "23"],
        )


def test_exports_compute_what_the_checkpoint_computes(train, bundle, tmp_path):
    trained = train(max_epochs=1)
    network = trained.parser.get_parsed_content("network").eval()
    network.load_state_dict(torch.load(tmp_path / "out" / "model.pt", weights_only=True))
    image = torch.randn(2, 3, 64, 64)
    expected = network(image).detach().numpy()
    common = {
        "ckpt_file": str(tmp_path / "out" / "model.pt"),
        "meta_file": str(bundle / "configs" / "metadata.json"),
        "config_file": str(bundle / "configs" / "inference.json"),
        "weights": str(tmp_path / "out" / "model.pt"),
    }
    ckpt_export("network_def", str(tmp_path / "model.ts"), **common)
    np.testing.assert_allclose(torch.jit.load(tmp_path / "model.ts")(image).detach(), expected, atol=1e-4)
    onnx_export("network_def", str(tmp_path / "model.onnx"), input_shape=[2, 3, 64, 64], **common)
    import onnxruntime

    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    (given,) = session.run(None, {session.get_inputs()[0].name: image.numpy()})
    np.testing.assert_allclose(given, expected, atol=1e-4)


def test_resume_continues_the_run(train, tmp_path):
    train(max_epochs=1)
    train(max_epochs=2, resume=True)
    _, found = runs(tmp_path)
    assert len(found) == 1
    assert [row["epoch"] for row in csv.DictReader((tmp_path / "out" / "history.csv").open())] == ["1", "2"]


def test_bad_input_is_one_line_that_names_file_and_remedy(train, workflow, phantoms, tmp_path):
    assert "no such datalist" in failure(lambda: train(dataset_dir=str(tmp_path / "nothing")))
    moved = failure(lambda: train(dataset_dir=str(tmp_path), datalist=str(phantoms / "datalist.json")))
    assert "no such file" in moved
    assert "dataset_dir" in moved
    assert "class_weights" in failure(lambda: train(class_weights="heavy"))
    assert "resnet18" in failure(lambda: train(backbone="resnet81"))
    assert "batch_size 2" in failure(lambda: train(batch_size=1))
    other = tmp_path / "other.pt"
    torch.save({"layer.weight": torch.ones(3)}, other)
    assert "other.pt" in failure(lambda: train(weights=str(other)))
    broken = tmp_path / "set"
    shutil.copytree(phantoms, broken)
    item = json.loads((broken / "datalist.json").read_text())["training"][0]
    (broken / item["image"]).write_bytes(b"")
    assert item["image"] in failure(lambda: train(dataset_dir=str(broken), num_workers=1))


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_output_folder_that_cannot_be_written(train, tmp_path):
    (tmp_path / "file").write_text("")
    line = failure(lambda: train(output_dir=str(tmp_path / "file" / "out")))
    assert "cannot be written" in line
    _, (run,) = runs(tmp_path)
    assert run.info.status == "FAILED"
