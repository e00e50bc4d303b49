"""The verb on bundles as they stand: the BI-RADS one for whole images, both patch bundles for patches and heat maps."""

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
from mammo_monai.networks.build import build_network
from mammo_monai.transforms.breast_region import find_breast


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


PATCH_CARDS = {
    "mass_patch": {"backbone": "baseline_cnn", "class_names": ["benign", "malignant"]},
    "abnormality_patch": {
        "backbone": "vgg_blocks",
        "class_names": ["normal", "abnormal"],
        "network_options": {"blocks": 1, "dropout": 0.0, "batch_norm": True},
    },
}


@pytest.fixture(scope="module", params=PATCH_CARDS)
def patch_bundle(request, repository, tmp_path_factory):
    """A shipped patch bundle, weights of its network as a training leaves them, and the class to explain."""
    card = {"spatial_size": [48, 48], **PATCH_CARDS[request.param]}
    torch.manual_seed(0)
    network = build_network(card["backbone"], 2, [48, 48], **card.get("network_options", {}))
    file = tmp_path_factory.mktemp(request.param) / "model.pt"
    torch.save(network.state_dict(), file)
    file.with_suffix(".json").write_text(json.dumps({**card, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}))
    return repository / "bundles" / request.param, file, card["class_names"][1]


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
    breast = find_breast(cv2.imread(str(image), cv2.IMREAD_GRAYSCALE)).box
    assert pictures(tmp_path / "out") == {"source": 800, "crop": breast[3] - breast[1], "input": 64}


def pictures(folder):
    """Names and widths; the text below makes a picture higher, never wider."""
    return {file.stem: cv2.imread(str(file)).shape[1] for file in folder.glob("*.png")}


def test_a_patch_and_a_heat_map(patch_bundle, film, tmp_path):
    bundle, file, name = patch_bundle
    image, spot = film("right")
    breast = find_breast(cv2.imread(str(image), cv2.IMREAD_GRAYSCALE)).box
    chosen = ("--weights", file, "--class", name)
    assert explain(bundle, image, tmp_path / "one", *chosen, "--box", ",".join(map(str, spot))) == 0
    content = json.loads((tmp_path / "one" / "explanation.json").read_text())
    assert content["class"] == name
    shown = {"source": 800, "crop": breast[3] - breast[1]}
    assert pictures(tmp_path / "one") == {**shown, "patch": spot[3] - spot[1], "input": 48}
    # From the first and the last pixel of the input, mirrored by the chain, to the corners of the box.
    to_source, scale = np.array(content["map_to_source"]), np.subtract(spot[2:], spot[:2]) / 48
    half = 0.5 * scale
    np.testing.assert_allclose(to_source @ [0, 0, 1], [spot[0] + half[0] - 0.5, spot[3] - half[1] - 0.5])
    np.testing.assert_allclose(to_source @ [47, 47, 1], [spot[2] - half[0] - 0.5, spot[1] + half[1] - 0.5])

    assert explain(bundle, image, tmp_path / "all", *chosen, "--heat_map", "--window", 128, "--count", 3) == 0
    content = json.loads((tmp_path / "all" / "explanation.json").read_text())
    assert content["method"] == "heat_map" and len(content["regions"]) == 3
    assert all(row[2] - row[0] <= 128 and breast[1] <= row[1] < row[3] <= breast[3] for row in
               (region["box"] for region in content["regions"]))  # fmt: skip
    assert pictures(tmp_path / "all") == shown
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


def test_a_patch_bundle_needs_a_patch(patch_bundle, film, tmp_path, capsys):
    bundle, file, name = patch_bundle
    assert explain(bundle, film()[0], tmp_path / "out", "--weights", file) == 2
    assert "--box" in capsys.readouterr().err
    chosen = ("--weights", file, "--class", name, "--heat_map", "--window", 64, "--stride", 48)
    assert explain(bundle, film()[0], tmp_path / "out", *chosen) == 1
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
