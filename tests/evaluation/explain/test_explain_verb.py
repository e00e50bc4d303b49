"""The verb, on the BI-RADS bundle as it stands and on a patch bundle made of the same ids."""

from __future__ import annotations

import csv
import hashlib
import json

import cv2
import numpy as np
import pytest
import torch
from monai.bundle import ConfigWorkflow

from mammo_monai.cli import run
from mammo_monai.networks.birads_net import BiradsNet


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights and card as a training leaves them."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    torch.save(BiradsNet("resnet18", 2, 64).state_dict(), folder / "model.pt")
    digest = hashlib.sha256((folder / "model.pt").read_bytes()).hexdigest()
    card = {"backbone": "resnet18", "class_names": ["low", "high"], "spatial_size": [64, 64], "sha256": digest}
    (folder / "model.json").write_text(json.dumps(card))
    return folder / "model.pt"


@pytest.fixture
def birads(repository):
    return repository / "bundles" / "birads_classifier"


@pytest.fixture
def patch_bundle(repository, tmp_path):
    """The same bundle with the patch cut where it resized the breast."""
    config = json.loads((repository / "bundles/birads_classifier/configs/inference.json").read_text())
    load, channel, crop, resize, orient, normalize, repeat = config["preprocessing"]["transforms"]
    cut = {"_target_": "mammo_monai.transforms.crop_box.CropBoxd", "keys": "image"}
    config["preprocessing"]["transforms"] = [load, channel, crop, orient, cut, resize, normalize, repeat]
    (tmp_path / "patch" / "configs").mkdir(parents=True)
    (tmp_path / "patch" / "configs" / "inference.json").write_text(json.dumps(config))
    return tmp_path / "patch"


def explain(bundle, image, out, *more):
    return run(["explain", str(bundle), "--image", str(image), "--out", str(out), "--device", "cpu", *map(str, more)])


def test_the_probability_is_that_of_inference(birads, weights, film, tmp_path, capsys, monkeypatch):
    image, _ = film("right")
    assert explain(birads, image, tmp_path / "out", "--weights", weights) == 0
    content = json.loads((tmp_path / "out" / "explanation.json").read_text())
    assert content["weights_sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert content["method"] == "gradcam" and content["class"] in ("low", "high")
    assert content["class"] in capsys.readouterr().out
    monkeypatch.setattr("sys.excepthook", lambda *_: None)
    inference = ConfigWorkflow(
        config_file=str(birads / "configs" / "inference.json"),
        logging_file=False,
        workflow_type="infer",
        bundle_root=str(birads),
        dataset_dir=str(image),
        output_dir=str(tmp_path / "eval"),
        weights=str(weights),
        device="cpu",
    )
    inference.initialize()
    inference.run()
    with (tmp_path / "eval" / "predictions.csv").open() as file:
        row = next(csv.DictReader(file))
    assert row["predicted"] == content["class"]
    assert float(row[f"p_{content['class']}"]) == pytest.approx(content["probability"], abs=2e-6)
    assert cv2.imread(str(tmp_path / "out" / "input.png")).shape[1] == 64


def test_a_patch_and_a_heat_map(patch_bundle, weights, film, tmp_path):
    image, spot = film("left")
    chosen = ("--weights", weights, "--class", "high")
    assert explain(patch_bundle, image, tmp_path / "one", *chosen, "--box", ",".join(map(str, spot))) == 0
    assert json.loads((tmp_path / "one" / "explanation.json").read_text())["class"] == "high"
    assert explain(patch_bundle, image, tmp_path / "all", *chosen, "--heat_map", "--window", 128, "--count", 3) == 0
    content = json.loads((tmp_path / "all" / "explanation.json").read_text())
    assert content["method"] == "heat_map" and len(content["regions"]) == 3
    assert not (tmp_path / "all" / "input.png").exists()
    heat = np.load(tmp_path / "all" / "map.npy", allow_pickle=False)
    assert np.nanmin(heat) >= 0 and np.nanmax(heat) <= 1 and np.isnan(heat).any()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--method", "lime"], "no saliency method 'lime'; choose one of gradcam, gradient, occlusion, smoothgrad"),
        (["--class", "045"], "no class '045'; choose one with --class: low, high"),
        (["--layer", "conv9"], "no layer 'conv9'"),
        (["--method", "gradient", "--layer", "head"], "no option layer"),
        (["--box", "1,2,3"], "expected ROW_MIN"),
        (["--box", "1,2,3,4"], "classifies whole images"),
        (["--heat_map", "--class", "low"], "classifies whole images"),
        (["--heat_map"], "no class given"),
        (["--colour", "red"], "no id 'colour' to set"),
    ],
)
def test_mistakes_are_one_line(birads, weights, film, tmp_path, capsys, more, said):
    assert explain(birads, film()[0], tmp_path / "out", "--weights", weights, *more) in (1, 2)
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ") and said in error
    assert not (tmp_path / "out").exists()


def test_a_patch_bundle_needs_a_patch(patch_bundle, weights, film, tmp_path, capsys):
    assert explain(patch_bundle, film()[0], tmp_path / "out", "--weights", weights) == 2
    assert "--box" in capsys.readouterr().err
    chosen = ("--weights", weights, "--class", "high", "--heat_map", "--window", 64, "--stride", 48)
    assert explain(patch_bundle, film()[0], tmp_path / "out", *chosen) == 1
    assert "multiples of the stride" in capsys.readouterr().err


def test_weights_are_checked_against_their_card(birads, weights, film, tmp_path, capsys):
    (tmp_path / "model.json").write_text(weights.with_suffix(".json").read_text())
    content = torch.load(weights, weights_only=True)
    content["head.dense2.bias"] += 1
    torch.save(content, tmp_path / "model.pt")
    assert explain(birads, film()[0], tmp_path / "out", "--weights", tmp_path / "model.pt") == 1
    assert "damaged or replaced" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["missing", "text", "folder"])
def test_files_that_are_no_image(birads, weights, tmp_path, capsys, damage):
    image = tmp_path / "image.png"
    if damage == "text":
        image.write_text("no image")
    if damage == "folder":
        image.mkdir()
    assert explain(birads, image, tmp_path / "out", "--weights", weights) == 1
    assert "image.png" in capsys.readouterr().err


def test_no_bundle(film, tmp_path, capsys):
    assert explain(tmp_path / "nowhere", film()[0], tmp_path / "out") == 1
    assert "BUNDLE is the folder of a bundle" in capsys.readouterr().err
