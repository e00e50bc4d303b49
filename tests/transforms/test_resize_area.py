from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.data import MetaTensor
from scipy.ndimage import binary_erosion

from mammo_monai.errors import MammoError
from mammo_monai.transforms.orient_breast import OrientBreast
from mammo_monai.transforms.resize_area import ResizeArea, ResizeAread
from mammo_monai.transforms.source import to_source


def overlaps(source: int, target: int) -> np.ndarray:
    """(target, source) share of each source pixel in each target pixel, by interval overlap."""
    scale = source / target
    edges = np.arange(target)[:, None] * scale
    pixels = np.arange(source)[None, :]
    return np.clip(np.minimum(edges + scale, pixels + 1) - np.maximum(edges, pixels), 0, None) / scale


def areas(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Area averages in double precision."""
    return overlaps(pixels.shape[0], size[0]) @ pixels.astype(np.float64) @ overlaps(pixels.shape[1], size[1]).T


def linear(line: np.ndarray, target: int) -> np.ndarray:
    """Half-pixel linear interpolation of one line, edges repeated."""
    centres = (np.arange(target) + 0.5) * line.size / target - 0.5
    return np.interp(centres, np.arange(line.size), line)


@pytest.mark.parametrize("kind", ["numpy", "tensor", "MetaTensor"])
@pytest.mark.parametrize("size", [(50, 40), (37, 23), (100, 80), (1, 1)])
def test_area_averages(kind, size):
    pixels = np.random.default_rng(0).integers(0, 65536, (100, 80)).astype(np.uint16)
    image = {"numpy": pixels[None], "tensor": torch.from_numpy(pixels)[None], "MetaTensor": MetaTensor(pixels[None])}
    resized = ResizeArea(size)(image[kind])
    assert isinstance(resized, MetaTensor)
    assert resized.dtype == torch.uint16
    assert np.abs(resized.numpy()[0] - areas(pixels, size)).max() <= 0.51  # rounded to the nearest integer


@pytest.mark.parametrize(
    ("dtype", "out", "factor", "tolerance"),
    [
        (np.uint8, np.uint16, 257, 0.51),
        (np.uint16, np.uint16, 1, 0.51),
        (np.int16, np.int16, 1, 0.51),
        (np.int32, np.int32, 1, 0.51),
        (np.float32, np.float32, 1, 2e-3),
        (np.float64, np.float32, 1, 2e-3),
    ],
)
def test_types(dtype, out, factor, tolerance):
    info = np.iinfo(dtype if np.dtype(dtype).itemsize <= 2 else np.int16)
    pixels = np.random.default_rng(1).integers(info.min, info.max, (3, 64, 48), endpoint=True).astype(dtype)
    resized = ResizeArea((20, 20))(pixels).numpy()
    assert resized.dtype == out and resized.shape == (3, 20, 20)
    expected = np.stack([areas(plane, (20, 20)) for plane in pixels]) * factor
    assert np.abs(resized - expected).max() <= tolerance


def test_eight_bits_keep_the_fraction_of_their_averages():
    pixels = np.zeros((1, 16, 16), np.uint8)
    pixels[0, 0, 0] = 1
    assert ResizeArea(1)(pixels).item() == round(257 / 256)
    assert ResizeArea(4)(pixels)[0, 0, 0].item() == round(257 / 16)
    assert ResizeArea(2)(np.full((1, 8, 8), 255, np.uint8)).unique().tolist() == [65535]


def test_enlarging_is_linear_not_blocks():
    line = np.array([0, 100, 400, 200], np.float32)
    enlarged = ResizeArea((3, 10))(np.repeat(line[None, None], 3, axis=1)).numpy()[0]
    assert np.allclose(enlarged, linear(line, 10)[None], atol=1e-3)


def test_one_axis_shrinks_while_the_other_grows():
    pixels = np.random.default_rng(2).normal(size=(90, 10)).astype(np.float32)
    expected = np.stack([linear(row, 30) for row in overlaps(90, 30) @ pixels])
    assert np.allclose(ResizeArea(30)(pixels[None]).numpy()[0], expected, atol=1e-4)


@pytest.mark.parametrize("side", ["left", "right"])
def test_pad_keeps_the_aspect_and_the_chest_wall_at_its_edge(film, side):
    pixels, _ = film(shape=(1000, 600), depth=300)
    oriented = OrientBreast(chest_wall=side)(pixels[None])
    resized = ResizeArea(200, policy="pad")(oriented)
    assert resized.shape == (1, 200, 200)
    inside = slice(0, 120) if side == "left" else slice(80, 200)
    outside = slice(120, 200) if side == "left" else slice(0, 80)
    expected = areas(oriented.numpy()[0], (200, 120)) * 257
    assert np.abs(resized.numpy()[0, :, inside] - expected).max() <= 0.51
    assert not resized.numpy()[0, :, outside].any()
    # By hand: both axes by 5; column c of the result is (c - offset + 0.5) * 5 - 0.5.
    offset = 0 if side == "left" else 80
    expected_affine = oriented.affine.numpy() @ np.array(
        [[5, 0, 0, 2], [0, 5, 0, 2 - 5 * offset], [0, 0, 1, 0], [0, 0, 0, 1]]
    )
    assert np.allclose(resized.affine.numpy(), expected_affine)


def test_pad_centres_rows_of_a_broad_image():
    resized = ResizeArea(100, policy="pad")(np.full((1, 50, 200), 9, np.uint16)).numpy()[0]
    assert (resized[37:62] == 9).all() and not resized[:37].any() and not resized[62:].any()


def test_affine_by_hand():
    image = MetaTensor(torch.zeros(1, 300, 100), affine=torch.eye(4, dtype=torch.float64))
    affine = ResizeArea((100, 200))(image).affine.numpy()
    # Row r covers source rows 3r..3r+3: its centre is 3r + 1. Column c covers c/2..(c+1)/2: centre c/2 - 0.25.
    assert np.allclose(affine[:2], [[3, 0, 0, 1], [0, 0.5, 0, -0.25]])


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from(["stretch", "pad"]),
)
def test_inverse_restores_shape_affine_and_smooth_pixels(rows, cols, height, width, policy):
    image = MetaTensor(torch.full((1, rows, cols), 7.0), affine=torch.eye(4, dtype=torch.float64))
    resize = ResizeArea((height, width), policy)
    resized = resize(image)
    assert resized.shape == (1, height, width)
    back = resize.inverse(resized)
    assert back.shape == image.shape
    assert np.allclose(back.affine.numpy(), np.eye(4), atol=1e-9)
    assert np.allclose(back.numpy(), 7)
    assert back.applied_operations == []


def test_inverse_returns_position(film):
    rows, cols = np.mgrid[:120, :80].astype(np.float32)
    spot = np.exp(-((rows - 71) ** 2 + (cols - 23) ** 2) / 200)
    resize = ResizeArea(64, policy="pad")
    back = resize.inverse(resize(spot[None])).numpy()[0]
    assert abs((back * rows).sum() / back.sum() - 71) < 0.3 and abs((back * cols).sum() / back.sum() - 23) < 0.3


def test_masks_keep_values_and_type():
    mask = np.random.default_rng(3).choice([0, 1, 7], (2, 90, 70)).astype(np.uint8)
    item = ResizeAread(["image", "mask"], (33, 200), mode=["area", "nearest"])({"image": mask, "mask": mask})
    assert item["mask"].dtype == torch.uint8 and set(item["mask"].unique().tolist()) <= {0, 1, 7}
    rows = np.floor((np.arange(33) + 0.5) * 90 / 33).astype(int)
    cols = np.floor((np.arange(200) + 0.5) * 70 / 200).astype(int)
    assert np.array_equal(item["mask"].numpy(), mask[:, rows][:, :, cols])
    assert torch.equal(item["mask"].affine, item["image"].affine)


def test_dictionary_inverse():
    resize = ResizeAread(["image", "mask"], 32, mode=["area", "nearest"])
    item = {"image": np.ones((1, 50, 40), np.float32), "mask": np.ones((1, 50, 40), np.uint8), "label": 2}
    back = resize.inverse(resize(item))
    assert back["image"].shape == back["mask"].shape == (1, 50, 40) and back["label"] == 2


def test_input_is_not_changed():
    image = MetaTensor(torch.rand(1, 40, 30), affine=torch.eye(4, dtype=torch.float64))
    ResizeArea(10)(image)
    assert image.applied_operations == [] and torch.equal(image.affine, torch.eye(4, dtype=torch.float64))


@pytest.mark.parametrize(
    "options", [{"spatial_size": 0}, {"spatial_size": 8, "policy": "squash"}, {"spatial_size": (8, -1)}]
)
def test_bad_options_are_named(options):
    with pytest.raises(MammoError, match="expected one or two"):
        ResizeArea(**options)


def test_crop_covers_the_frame_keeps_the_aspect_and_the_chest_wall():
    pixels = np.random.default_rng(0).integers(0, 4096, (100, 80)).astype(np.uint16)
    tall, wide = (ResizeArea(size, "crop")(pixels[None]) for size in ((40, 40), (50, 20)))
    whole = areas(pixels, (50, 40))
    assert np.abs(tall.numpy()[0] - whole[5:45]).max() <= 0.51  # rows are centred
    assert np.abs(wide.numpy()[0] - whole[:, :20]).max() <= 0.51  # an unknown chest wall is at the left
    facing = MetaTensor(pixels[None], meta={"chest_wall": "right"})
    right = ResizeArea((50, 20), "crop")(facing)
    assert np.abs(right.numpy()[0] - whole[:, 20:]).max() <= 0.51


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("size", [(40, 40), (50, 20), (37, 23), (100, 80), (300, 10), (1, 1)])
def test_a_crop_knows_where_its_pixels_come_from_and_goes_back(size, side):
    rows, cols = np.mgrid[:100, :80].astype(np.float32)
    image = MetaTensor(torch.from_numpy(np.stack([rows, cols])), meta={"chest_wall": side})
    resize = ResizeArea(size, "crop")
    cropped = resize(image)
    assert cropped.shape == (2, *size)
    inside = cropped[:, size[0] // 2, size[1] // 2].numpy()
    np.testing.assert_allclose(
        inside, to_source([[size[0] // 2, size[1] // 2]], cropped)[0], atol=0.1 if min(size) > 1 else 60
    )
    back = resize.inverse(cropped)
    assert back.shape == image.shape
    np.testing.assert_allclose(np.asarray(back.affine), np.asarray(image.affine), atol=1e-12)
    if min(size) > 20:
        kept = binary_erosion((back.numpy() != 0).all(0), iterations=5)  # what was cut away blends into its border
        assert kept.mean() > 0.5
        assert np.abs(back.numpy() - image.numpy())[:, kept].max() < 0.5
