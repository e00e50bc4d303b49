from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.data import DataLoader, Dataset, MetaTensor
from monai.transforms import Compose

from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import find_breast
from mammo_monai.transforms.crop_breast import CropBreast, CropBreastd
from mammo_monai.transforms.orient_breast import OrientBreast, OrientBreastd


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
@pytest.mark.parametrize("kind", ["numpy", "tensor", "MetaTensor"])
def test_cut_in_the_stored_type(film, kind, dtype):
    pixels = film()[0].astype(dtype)
    image = {"numpy": pixels[None], "tensor": torch.from_numpy(pixels)[None], "MetaTensor": MetaTensor(pixels[None])}
    cropped = CropBreast()(image[kind])
    top, left, bottom, right = cropped.meta["crop_box"]
    assert (top, left, bottom, right) == find_breast(pixels).box
    assert cropped.numpy().dtype == dtype
    assert np.array_equal(cropped.numpy()[0], pixels[top:bottom, left:right])
    expected = np.eye(4)
    expected[0, 3], expected[1, 3] = top, left
    assert np.array_equal(cropped.affine.numpy(), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_inverse_puts_it_back_into_zeros(film, dtype):
    pixels = film()[0].astype(dtype)
    crop = CropBreast()
    cropped = crop(pixels[None])
    top, left, bottom, right = cropped.meta["crop_box"]
    expected = np.zeros_like(pixels)
    expected[top:bottom, left:right] = pixels[top:bottom, left:right]
    back = crop.inverse(cropped)
    assert np.array_equal(back.numpy()[0], expected)
    assert np.array_equal(back.affine.numpy(), np.eye(4))


def test_the_breast_is_searched_once(film, monkeypatch):
    from mammo_monai.transforms import located_breast

    calls = []
    monkeypatch.setattr(located_breast, "find_breast", lambda *a: calls.append(a) or find_breast(*a))
    pixels, _ = film(chest_wall="right")
    mirrored = find_breast(pixels).box
    cropped = CropBreast()(OrientBreast()(pixels[None]))
    assert len(calls) == 1
    assert cropped.meta["crop_box"] == (mirrored[0], 800 - mirrored[3], mirrored[2], 800 - mirrored[1])


@pytest.mark.parametrize("found", ["left", "right"])
def test_order_of_orient_and_crop_does_not_matter(film, found):
    pixels, _ = film(chest_wall=found)
    one, other = CropBreast()(OrientBreast()(pixels[None])), OrientBreast()(CropBreast()(pixels[None]))
    assert torch.equal(one.as_tensor(), other.as_tensor())
    assert torch.equal(one.affine, other.affine)


def test_masks_are_cut_like_the_first_key(film):
    pixels, _ = film()
    rows, cols = np.indices(pixels.shape)
    crop = CropBreastd(["image", "mask"])
    item = crop({"image": pixels[None], "mask": (rows * 800 + cols)[None], "label": 1})
    top, left, bottom, right = item["image"].meta["crop_box"]
    assert np.array_equal(item["mask"].numpy()[0], (rows * 800 + cols)[top:bottom, left:right])
    assert crop.inverse(item)["mask"].shape == (1, *pixels.shape)


def test_meta_can_be_batched(film):
    items = [{"image": film(chest_wall=side)[0][None]} for side in ("left", "right")]
    chain = Compose([OrientBreastd("image"), CropBreastd("image"), lambda d: {"image": d["image"][:, :100, :100]}])
    batch = next(iter(DataLoader(Dataset(items, chain), batch_size=2)))
    assert batch["image"].shape == (2, 1, 100, 100)


def test_empty_image_names_the_file():
    with pytest.raises(MammoError, match=r"x\.png") as error:
        CropBreast()(MetaTensor(torch.full((1, 60, 60), 7), meta={"filename_or_obj": "x.png"}))
    assert error.value.reason == "no-breast"


def test_none_keeps_the_whole_image(film):
    pixels, _ = film()
    cropper = CropBreastd("image", to="none")
    made = cropper({"image": pixels[None]})
    assert np.array_equal(made["image"].numpy()[0], pixels)
    assert made["image"].meta["crop_box"] == (0, 0, 1000, 800)
    assert np.array_equal(cropper.inverse(made)["image"].numpy()[0], pixels)
    with pytest.raises(MammoError, match="'breast' or 'none'"):
        CropBreastd("image", to="nothing")
