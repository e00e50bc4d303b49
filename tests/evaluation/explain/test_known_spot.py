"""A network that sees one thing alone must light up the place of that thing in the source film."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Compose
from torch import nn

from mammo_monai.evaluation.explain import methods
from mammo_monai.evaluation.explain.explanation import explain_heat_map, explain_saliency, write
from mammo_monai.evaluation.explain.placement import drawn_onto
from mammo_monai.evaluation.explain.saliency import saliency
from mammo_monai.transforms.breast_region import find_breast


class Window(nn.Module):
    """Sees rows 40 to 50 and columns 20 to 28 of its input and nothing else."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        score = image[:, :, 40:50, 20:28].sum((1, 2, 3))
        return torch.stack([-score, score], 1)


def overlap(one, other):
    """Intersection over union of two boxes."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = np.prod(np.clip(high - low, 0, None))
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
    return common / (sum(areas) - common)


@pytest.mark.parametrize("policy", ["stretch", "pad"])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("method", methods.names())
def test_the_bright_square_lights_up_in_the_source(film, whole_image, method, side, policy):
    path, spot = film(side)
    found = explain_saliency(whole_image(policy=policy), path, "bright", method)
    box = found.regions[0][0]
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    assert spot[0] < centre[0] < spot[2] and spot[1] < centre[1] < spot[3]
    assert overlap(box, spot) > (0.2 if method == "occlusion" else 0.5)
    drawn = drawn_onto(found.heat, found.source)
    assert drawn.shape == (1000, 800)
    inside = drawn[spot[0] : spot[2], spot[1] : spot[3]].mean()
    assert inside > 10 * drawn.mean()


@pytest.mark.parametrize("side", ["left", "right"])
def test_input_pixels_lie_where_plain_arithmetic_says(film, whole_image, side):
    path, _ = film(side)
    found = explain_saliency(whole_image(Window()), path, "bright", "gradient")
    top, left, bottom, right = find_breast(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)).box
    rows = top + np.array([40, 50]) * (bottom - top) / 96
    from_wall = np.array([20, 28]) * (right - left) / 80
    cols = left + from_wall if side == "left" else right - from_wall[::-1]
    lit = np.argwhere(drawn_onto(found.heat, found.source) > 0.5)
    np.testing.assert_allclose(lit.min(0), [rows[0], cols[0]], atol=1)
    np.testing.assert_allclose(lit.max(0) + 1, [rows[1], cols[1]], atol=1)


def test_pad_moves_the_place(film, whole_image):
    """The same input pixels, another chain: rows are centred, so scale and shift differ."""
    path, _ = film("left")
    found = explain_saliency(whole_image(Window(), "pad"), path, "bright", "gradient")
    top, left, bottom, right = find_breast(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)).box
    scale = max((bottom - top) / 96, (right - left) / 80)
    offset = (96 - round((bottom - top) / scale)) // 2
    lit = np.argwhere(drawn_onto(found.heat, found.source) > 0.5)
    np.testing.assert_allclose(lit.min(0), [top + (40 - offset) * scale, left + 20 * scale], atol=1.5)
    np.testing.assert_allclose(lit.max(0) + 1, [top + (50 - offset) * scale, left + 28 * scale], atol=1.5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_patch_lights_up_in_the_source(film, patches, side):
    path, spot = film(side)
    box = (spot[0] - 40, spot[1] - 30, spot[2] + 100, spot[3] + 60)
    found = explain_saliency(patches(), path, "bright", "gradient", box)
    assert found.heat.shape == (1, 260, 190)
    drawn = drawn_onto(found.heat, found.source)
    lit = np.argwhere(drawn > 0.5)
    assert (*lit.min(0), *(lit.max(0) + 1)) == spot


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("turn", [0, 6])
def test_crop_and_patch_show_what_the_source_shows_there(film, patches, side, turn):
    path, spot = film(side)
    box = (spot[0] - 40, spot[1] - 30, spot[2] + 100, spot[3] + 60)
    found = explain_saliency(patches(), path, "bright", "gradient", box, turn)
    assert list(found.shown) == ["crop", "patch", "input"]
    whole, film_ = drawn_onto(found.heat, found.source), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    mirror = slice(None, None, -1 if side == "right" else 1)  # the chain orients after the crop, before the patch

    def laid(plane):
        there = plane[box[0] : box[2], box[1] : box[3]][:, mirror]
        return np.rot90(np.fliplr(there) if turn >= 4 else there, turn % 4)

    top, left, bottom, right = find_breast(film_).box
    expected = {
        "crop": lambda plane: plane[top:bottom, left:right],
        "patch": laid,
    }
    for name, there in expected.items():
        np.testing.assert_array_equal(found.shown[name].as_tensor()[0].numpy(), there(film_))
        np.testing.assert_allclose(drawn_onto(found.heat, found.shown[name]), there(whole), atol=1e-5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_map_goes_to_the_source_as_the_inverse_of_the_chain_takes_it(film, whole_image, side):
    """MONAI's own way back, transform by transform, and the one step by the affine."""
    path, _ = film(side)
    classifier = whole_image()
    stages = classifier.stages(classifier.source(path))
    smooth = cv2.GaussianBlur(np.random.default_rng(0).random((96, 80), np.float32), (0, 0), 3)
    given = stages["input"]
    heat = MetaTensor(
        torch.from_numpy(smooth)[None], meta=dict(given.meta), applied_operations=given.applied_operations
    )
    back = Compose(list(classifier.transforms[1:])).inverse({"image": heat.clone()})["image"]
    at_once = drawn_onto(heat, classifier.source(path))
    assert back.shape[-2:] == at_once.shape == (1000, 800)
    top, left, bottom, right = find_breast(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)).box
    inside = np.s_[top + 10 : bottom - 10, left + 10 : right - 10]  # the edges of the map are cut otherwise
    np.testing.assert_allclose(back.as_tensor()[0].numpy()[inside], at_once[inside], atol=0.01)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("dtype", "divisor"), [(np.uint8, 255.0), (np.uint16, 65535.0)])
def test_the_heat_map_finds_the_square(film, patches, side, dtype, divisor):
    path, spot = film(side, dtype)
    found = explain_heat_map(patches(divisor), path, "bright", stride=(16, 16), limit=3)
    box, probability = found.regions[0]
    assert box[2] - box[0] == box[3] - box[1] == 64
    assert overlap((max(box[0], spot[0]), max(box[1], spot[1]), min(box[2], spot[2]), min(box[3], spot[3])), box) > 0.9
    assert probability == pytest.approx(1 / (1 + np.exp(-2 * (245 / 255 - 0.8))), abs=1e-3)
    drawn = drawn_onto(found.heat, found.source)
    row, col = np.unravel_index(drawn.argmax(), drawn.shape)
    assert spot[0] <= row < spot[2] and spot[1] <= col < spot[3]
    assert drawn[:, 600:].max() == 0 if side == "left" else drawn[:, :200].max() == 0  # air is not looked at


def test_what_is_written(film, whole_image, tmp_path):
    path, spot = film("right")
    classifier = whole_image()
    content = write(explain_saliency(classifier, path, method="gradient"), classifier, path, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "explanation.json").read_text()) == content
    assert "not for clinical use" in content["notice"]
    assert content["class"] == "bright"  # the most probable
    assert overlap(content["regions"][0]["box"], spot) > 0.5
    heat = np.load(tmp_path / "out" / "map.npy", allow_pickle=False)
    assert heat.shape == (96, 80) and heat.max() == 1
    row, col = np.unravel_index(heat.argmax(), heat.shape)
    source = np.array(content["map_to_source"]) @ [row, col, 1]
    assert spot[0] <= source[0] < spot[2] and spot[1] <= source[1] < spot[3]
    for name, size in (("source", (1000, 800)), ("input", (96, 80))):
        picture = cv2.imread(str(tmp_path / "out" / f"{name}.png"))
        assert picture.shape[0] > size[0] and picture.shape[1] == size[1]


@pytest.mark.real
@pytest.mark.parametrize("name", ["mdb001", "mdb028", "mdb274"])
def test_real_films(mini_mias, whole_image, tmp_path, name):
    pixels = cv2.imread(str(mini_mias / f"{name}.pgm"), cv2.IMREAD_GRAYSCALE) // 2
    mask = find_breast(pixels)
    row, col = (int(v.mean()) * mask.stride for v in np.nonzero(mask.mask))
    spot = (row - 40, col - 30, row + 40, col + 30)
    pixels[spot[0] : spot[2], spot[1] : spot[3]] = 255
    cv2.imwrite(str(tmp_path / "film.png"), pixels)
    found = explain_saliency(whole_image(), tmp_path / "film.png", "bright", "gradient")
    assert overlap(found.regions[0][0], spot) > 0.5


def test_a_map_of_zeros_has_no_region(whole_image, film):
    path, _ = film()
    found = explain_saliency(whole_image(), path, "dark", "gradcam")  # nothing in the image speaks for "dark"
    assert found.regions == [] and float(found.heat.max()) == 0


def test_saliency_needs_no_metadata():
    made = saliency(Window(), torch.rand(3, 96, 80), 1, "gradient")
    assert made.shape == (1, 96, 80)
    np.testing.assert_array_equal(np.argwhere(made[0].numpy() > 0)[[0, -1]], [[40, 20], [49, 27]])
