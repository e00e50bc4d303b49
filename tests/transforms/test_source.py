from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.data import MetaTensor
from monai.transforms import Compose, NormalizeIntensityd, RepeatChanneld

from mammo_monai.errors import MammoError
from mammo_monai.transforms.crop_breast import CropBreastd
from mammo_monai.transforms.orient_breast import OrientBreastd
from mammo_monai.transforms.resize_area import ResizeAread
from mammo_monai.transforms.source import from_source, to_source


def chain(policy: str, chest_wall: str = "left", size: tuple[int, int] = (512, 512)) -> Compose:
    return Compose(
        [
            OrientBreastd("image", chest_wall=chest_wall),
            CropBreastd("image"),
            ResizeAread("image", size, policy=policy),
            NormalizeIntensityd("image"),
            RepeatChanneld("image", 3),
        ]
    )


@settings(max_examples=25, deadline=None)
@given(
    found=st.sampled_from(["left", "right"]),
    wanted=st.sampled_from(["left", "right"]),
    policy=st.sampled_from(["stretch", "pad"]),
    shape=st.tuples(st.integers(300, 700), st.integers(300, 700)),
    size=st.tuples(st.integers(64, 600), st.integers(64, 600)),
    points=st.lists(st.tuples(st.floats(-50, 700), st.floats(-50, 700)), min_size=1, max_size=5),
)
def test_a_point_maps_back_as_computed_by_hand(film, found, wanted, policy, shape, size, points):
    height, width = shape
    pixels, _ = film(shape=shape, rows=(height // 10, height - height // 10), depth=width // 2, chest_wall=found)
    image = chain(policy, wanted, size)({"image": pixels[None]})["image"]
    top, left, bottom, right = image.meta["crop_box"]
    scale = [min(size[0] / (bottom - top), size[1] / (right - left))] * 2
    inner = [round((bottom - top) * scale[0]), round((right - left) * scale[1])] if policy == "pad" else list(size)
    offset = [(size[0] - inner[0]) // 2, 0 if wanted == "left" else size[1] - inner[1]]
    expected = []
    for row, col in points:
        crop_row = (row - offset[0] + 0.5) * (bottom - top) / inner[0] - 0.5
        crop_col = (col - offset[1] + 0.5) * (right - left) / inner[1] - 0.5
        source_col = left + crop_col if found == wanted else width - 1 - (left + crop_col)
        expected.append((top + crop_row, source_col))
    assert np.allclose(to_source(points, image), expected, atol=1e-6)
    assert np.allclose(from_source(expected, image.meta), points, atol=1e-6)


@pytest.mark.parametrize("policy", ["stretch", "pad"])
@pytest.mark.parametrize("found", ["left", "right"])
def test_a_spot_seen_in_the_result_is_found_in_the_source(film, found, policy):
    pixels, _ = film(chest_wall=found)
    row, col = 431, 203 if found == "left" else 596
    rows, cols = np.mgrid[:1000, :800]
    spot = 60000 * np.exp(-((rows - row) ** 2 + (cols - col) ** 2) / (2 * 6**2))
    image = chain(policy)({"image": np.minimum(pixels * 20.0 + spot, 65535).astype(np.uint16)[None]})["image"]
    bright = image.numpy()[0]
    r, c = np.unravel_index(bright.argmax(), bright.shape)
    window = np.s_[r - 6 : r + 7, c - 6 : c + 7]
    weight = np.clip(bright[window] - np.median(bright[window]), 0, None) ** 2
    grid = np.indices(bright.shape)[(slice(None), *window)]
    centre = [(g * weight).sum() / weight.sum() for g in grid]
    assert np.abs(to_source([centre], image)[0] - (row, col)).max() < 0.5


@pytest.mark.parametrize("policy", ["stretch", "pad"])
@pytest.mark.parametrize("found", ["left", "right"])
def test_inverse_of_the_chain_brings_saliency_to_the_source_grid(film, found, policy):
    pixels, _ = film(chest_wall=found)
    steps = chain(policy)
    item = steps({"image": pixels[None]})
    target = from_source([(431, 203 if found == "left" else 596)], item["image"])[0]
    rows, cols = np.indices((512, 512))
    heat = np.exp(-((rows - target[0]) ** 2 + (cols - target[1]) ** 2) / 50).astype(np.float32)
    saliency = MetaTensor(
        torch.from_numpy(heat)[None],
        meta=item["image"].meta,
        applied_operations=list(item["image"].applied_operations),
    )
    back = Compose(steps.transforms[:3]).inverse({"image": saliency})["image"]
    assert back.shape == (1, 1000, 800)
    assert np.allclose(back.affine.numpy(), np.eye(4), atol=1e-9)
    row, col = np.unravel_index(int(back.numpy()[0].argmax()), (1000, 800))
    assert abs(row - 431) <= 2 and abs(col - (203 if found == "left" else 596)) <= 2


def test_one_point_and_no_points():
    meta = {"affine": torch.tensor([[2.0, 0, 0, 5], [0, -1, 0, 9], [0, 0, 1, 0], [0, 0, 0, 1]])}
    assert to_source((3, 4), meta).tolist() == [[11, 5]]
    assert to_source([], meta).shape == (0, 2)


def test_plain_tensor_has_no_geometry():
    with pytest.raises(MammoError, match="LoadImaged") as error:
        to_source([(1, 1)], torch.zeros(3, 3))
    assert error.value.reason == "no-geometry"
