from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.data import MetaTensor
from monai.transforms import Compose, Invertd

from mammo_monai.errors import MammoError
from mammo_monai.transforms.crop_box import CropBox, CropBoxd
from mammo_monai.transforms.orient_breast import OrientBreastd
from mammo_monai.transforms.source import to_source
from mammo_monai.transforms.stored_image import stored

ROWS, COLS = 40, 30
PIXELS = np.arange(ROWS * COLS, dtype=np.uint16).reshape(1, ROWS, COLS)


def image(pixels: np.ndarray = PIXELS, mirrored: bool = False) -> MetaTensor:
    """The film, or what a flip made of it, with the affine that says so."""
    affine = np.eye(4)
    if mirrored:
        pixels = np.ascontiguousarray(pixels[:, :, ::-1])
        affine[1, 1], affine[1, -1] = -1, COLS - 1
    return MetaTensor(torch.from_numpy(pixels.copy()), affine=torch.from_numpy(affine))


def expected(box: tuple[int, int, int, int]) -> np.ndarray:
    """The box out of the film in a wide frame of zeros."""
    wide = np.zeros((1, ROWS + 200, COLS + 200), np.uint16)
    wide[:, 100 : 100 + ROWS, 100 : 100 + COLS] = PIXELS
    return wide[:, box[0] + 100 : box[2] + 100, box[1] + 100 : box[3] + 100]


@pytest.mark.parametrize("box", [(3, 4, 13, 9), (-5, -7, 6, 8), (30, 20, 60, 45), (-10, -10, 60, 60), (0, 0, 1, 1)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_box_of_the_source_is_cut_wherever_it_lies_now(box, mirrored):
    patch = CropBox()(image(mirrored=mirrored), box)
    pixels = patch.as_tensor().numpy()
    assert patch.dtype == torch.uint16
    assert np.array_equal(pixels[:, :, ::-1] if mirrored else pixels, expected(box))
    first = to_source([(0, 0)], patch)[0]
    assert np.allclose(first, (box[0], box[3] - 1 if mirrored else box[1]))


@pytest.mark.parametrize("turn", range(8))
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_patch_is_laid_down_another_way_and_knows_where_it_was(turn, mirrored):
    box, whole, cropper = (-5, 4, 13, 35), image(mirrored=mirrored), CropBoxd("image")
    plain = cropper({"image": whole, "box": box})["image"].as_tensor()[0].numpy()
    item = cropper({"image": whole, "box": box, "turn": turn})
    patch = item["image"].as_tensor()[0].numpy()
    assert np.array_equal(patch, np.rot90(np.fliplr(plain) if turn >= 4 else plain, turn % 4))
    for row, col in np.ndindex(patch.shape):
        (found,) = np.rint(to_source([(row, col)], item["image"])).astype(int)
        assert patch[row, col] == expected((found[0], found[1], found[0] + 1, found[1] + 1))[0, 0, 0]
    back = cropper.inverse(item)["image"]
    assert np.allclose(back.affine, whole.affine)
    assert np.array_equal(back.as_tensor(), cropper.inverse(cropper({"image": whole, "box": box}))["image"].as_tensor())


def test_a_turn_that_is_none():
    with pytest.raises(MammoError, match="from 0 to 7") as caught:
        CropBoxd("image")({"image": image(), "box": (0, 0, 5, 5), "turn": 9})
    assert caught.value.reason == "bad-turn"


@settings(deadline=None, max_examples=60)
@given(st.integers(-20, 39), st.integers(-20, 29), st.integers(1, 50), st.integers(1, 50), st.booleans())
def test_the_inverse_puts_the_patch_back(top, left, height, width, mirrored):
    box = (top, left, top + height, left + width)
    if box[2] <= 0 or box[3] <= 0:
        return
    whole, cropper = image(mirrored=mirrored), CropBox()
    back = cropper.inverse(cropper(whole, box))
    inside = np.zeros((1, ROWS, COLS), bool)
    inside[:, max(0, top) : box[2], max(0, left) : box[3]] = True
    inside = inside[:, :, ::-1] if mirrored else inside
    assert np.array_equal(back.as_tensor().numpy(), np.where(inside, whole.as_tensor().numpy(), 0))
    assert np.allclose(back.affine, whole.affine)


@pytest.mark.parametrize("box", [(50, 0, 60, 5), (3, 3, 3, 9), (0, -9, 5, 0), (-50_000, -50_000, 50_000, 50_000)])
def test_a_box_without_pixels_or_with_far_too_many_is_refused(box):
    with pytest.raises(MammoError, match="no pixel in common") as caught:
        CropBox()(image(), box)
    assert caught.value.reason == "bad-box"


def test_of_a_stored_image_only_the_window_is_read():
    asked = []

    def read(rows: slice, cols: slice) -> torch.Tensor:
        asked.append((rows.start, rows.stop, cols.start, cols.stop))
        return torch.from_numpy(PIXELS)[:, rows, cols]

    lazy = stored(PIXELS.shape, torch.uint16, image().meta, [], read)
    patch, whole = CropBoxd("image")({"image": lazy, "box": (-5, 20, 9, 40)}), CropBox()(image(), (-5, 20, 9, 40))
    assert asked == [(0, 9, 20, 30)]
    assert torch.equal(patch["image"].as_tensor(), whole.as_tensor())
    assert torch.equal(patch["image"].affine, whole.affine)
    assert len(patch["image"].applied_operations) == len(whole.applied_operations) == 1


def test_a_chain_with_a_box_is_inverted_as_a_whole():
    film = np.zeros((1, 400, 300), np.uint16)
    rows, cols = np.mgrid[:400, :300]
    breast = ((rows - 200) / 150) ** 2 + (cols / 160) ** 2 < 1
    film[:, breast] = np.random.default_rng(0).integers(2000, 3000, breast.sum())
    right = np.ascontiguousarray(film[:, :, ::-1])
    chain = Compose([OrientBreastd("image"), CropBoxd("image")])
    made = chain({"image": MetaTensor(torch.from_numpy(right)), "box": (120, 200, 152, 232)})
    assert np.array_equal(made["image"].as_tensor().numpy()[:, :, ::-1], right[:, 120:152, 200:232])
    back = Invertd("image", chain, orig_keys="image")(made)["image"].as_tensor().numpy()
    assert np.array_equal(back[:, 120:152, 200:232], right[:, 120:152, 200:232])
    assert np.count_nonzero(back) == np.count_nonzero(right[:, 120:152, 200:232])
