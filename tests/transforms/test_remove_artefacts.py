from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from monai.data import MetaTensor
from monai.transforms import Compose, Invertd

from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import find_breast
from mammo_monai.transforms.crop_breast import CropBreast, CropBreastd
from mammo_monai.transforms.orient_breast import OrientBreastd
from mammo_monai.transforms.remove_artefacts import RemoveArtefacts, RemoveArtefactsd
from mammo_monai.transforms.source import to_source

METHODS = ("otsu", "breast")
by_each_method = pytest.mark.parametrize("by", METHODS)


@pytest.fixture(scope="module")
def labelled(film):
    """A film with a label and tape, its breast's mask (air is 6, tissue about 130), and where the artefacts are."""
    pixels, _ = film()
    r, c = np.mgrid[:1000, :800].astype(np.float32)
    breast = ((r + 0.5 - 500) / 380) ** 2 + ((c + 0.5) / 420) ** 2 < 1
    artefacts = np.zeros(pixels.shape, bool)
    artefacts[40:110, 640:760] = artefacts[880:990, 600:612] = True
    pixels = np.where(artefacts, np.uint8(250), pixels)
    return pixels, breast, artefacts


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


@by_each_method
def test_the_breast_stays_and_all_else_is_black(labelled, by):
    pixels, breast, artefacts = labelled
    cleaned = RemoveArtefacts(by)(pixels[None]).numpy()[0]
    kept = cleaned > 0
    assert overlap(kept, breast) > 0.97
    assert not cleaned[artefacts].any()
    assert not cleaned[~cv2.dilate(breast.view(np.uint8), np.ones((41, 41), np.uint8)).view(bool)].any()
    assert np.array_equal(cleaned[kept], pixels[kept])


@by_each_method
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("kind", ["numpy", "tensor", "MetaTensor"])
def test_type_and_mask_are_the_same_for_every_kind_of_image(labelled, by, kind, dtype):
    pixels = labelled[0].astype(dtype)
    image = {"numpy": pixels[None], "tensor": torch.from_numpy(pixels)[None], "MetaTensor": MetaTensor(pixels[None])}
    cleaned = RemoveArtefacts(by)(image[kind])
    assert cleaned.numpy().dtype == dtype
    assert np.array_equal(cleaned.numpy()[0], RemoveArtefacts(by)(labelled[0][None]).numpy()[0].astype(dtype))
    assert np.array_equal(image["numpy"][0], pixels)  # the input is left as it was


def test_outside_is_the_minimum_where_0_is_not_dark(labelled):
    pixels, breast, _ = labelled
    scored = (pixels.astype(np.float32) - 100) / 50
    cleaned = RemoveArtefacts()(scored[None]).numpy()[0]
    assert set(cleaned[~cv2.dilate(breast.view(np.uint8), np.ones((41, 41), np.uint8)).view(bool)]) == {scored.min()}


@by_each_method
def test_holes_are_filled_and_hairs_are_shaved(labelled, by):
    pixels, breast, _ = labelled
    changed = pixels.copy()
    changed[480:520, 180:220] = 6  # as dark as air, inside the breast
    changed[500:503, 380:780] = 130  # a hair from the nipple outwards
    mask = RemoveArtefacts(by).mask(changed[None])
    assert mask[480:520, 180:220].all()
    assert not mask[500:503, 480:].any()
    assert overlap(mask, breast) > 0.97


def test_the_contour_is_smooth(labelled):
    """A notch as wide as two thirds of the disc is closed, a wide one is not."""
    pixels, _, _ = labelled
    notched = pixels.copy()
    notched[300:313, :60] = notched[600:700, :60] = 6
    mask = RemoveArtefacts().mask(notched[None])
    assert mask[306, :50].all()
    assert not mask[650, :40].any()


@by_each_method
def test_large_films_have_the_contour_of_small_ones(labelled, by):
    pixels, _, _ = labelled
    small = RemoveArtefacts(by).mask(pixels[None])
    large = RemoveArtefacts(by).mask(np.kron(pixels, np.ones((3, 3), np.uint8))[None])
    assert overlap(large[1::3, 1::3], small) > 0.985
    reach = 2400 - large[:, ::-1].argmax(axis=1)  # where the breast ends in each row
    steps = np.abs(np.diff(reach[1200:1800]))
    assert steps.max() <= (2 if by == "otsu" else 6)  # a thumbnail's pixel is 3 and 9 of the film's


@by_each_method
def test_before_and_after_the_crop(labelled, by):
    pixels, _, _ = labelled
    first = CropBreast()(RemoveArtefacts(by)(pixels[None]))
    then = RemoveArtefacts(by)(CropBreast()(pixels[None]))
    (top, left), (bottom, right) = to_source([(0, 0), np.array(first.shape[1:]) - 1], first).round().astype(int)
    whole = np.zeros((1, *pixels.shape), np.uint8)
    box = then.meta["crop_box"]
    whole[:, box[0] : box[2], box[1] : box[3]] = then.numpy()
    inside = np.s_[:, top : bottom + 1, left : right + 1]
    assert overlap(first.numpy() > 0, whole[inside] > 0) > 0.97
    assert np.abs(np.subtract(first.meta["crop_box"], find_breast(pixels).box)).max() <= 15


def test_geometry_and_its_inverse_are_untouched(labelled):
    pixels, breast, _ = labelled
    mirrored = np.ascontiguousarray(pixels[None, :, ::-1])
    plain = Compose([OrientBreastd("image"), CropBreastd("image")])
    chain = Compose([OrientBreastd("image"), RemoveArtefactsd("image"), CropBreastd("image")])
    made, without = chain({"image": MetaTensor(mirrored)}), plain({"image": MetaTensor(mirrored)})
    assert torch.equal(made["image"].affine, without["image"].affine)
    assert len(made["image"].applied_operations) == 2
    assert made["image"].meta["chest_wall"] == "right"  # in the source, as found before
    back = Invertd("image", chain, orig_keys="image")(made)["image"].numpy()[0]
    assert back.shape == pixels.shape
    assert overlap(back[:, ::-1] > 0, breast) > 0.97


def test_other_keys_lose_the_same_pixels(labelled):
    pixels, _, _ = labelled
    ones = np.ones((2, *pixels.shape), np.int64)
    item = RemoveArtefactsd(["image", "other", "absent"], allow_missing_keys=True)(
        {"image": pixels[None], "other": ones}
    )
    mask = RemoveArtefacts().mask(pixels[None])
    assert np.array_equal(item["other"].numpy(), np.stack([mask, mask]).astype(np.int64))
    with pytest.raises(MammoError, match="one view and size") as caught:
        RemoveArtefactsd(["image", "other"])({"image": pixels[None], "other": ones[:, 1:]})
    assert caught.value.reason == "bad-shape"


@by_each_method
@pytest.mark.parametrize("shape", [(60, 60), (1, 1), (0, 0), (0, 9), (3, 500)])
def test_images_without_a_breast_name_the_file(by, shape):
    with pytest.raises(MammoError, match=r"x\.png") as caught:
        RemoveArtefacts(by)(MetaTensor(torch.full((1, *shape), 7), meta={"filename_or_obj": "x.png"}))
    assert caught.value.reason == "no-breast"


def test_an_unknown_method_is_refused():
    with pytest.raises(MammoError, match="'otsu' or 'breast'"):
        RemoveArtefacts("0tsu")


@settings(max_examples=80, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.int16, np.float32, np.bool_]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=40),
    ),
    st.sampled_from(METHODS),
)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:All-NaN", "ignore:invalid value")
def test_any_pixels_give_an_image_or_one_line(pixels, by):
    try:
        cleaned = RemoveArtefacts(by)(pixels[None])
    except MammoError as error:
        assert error.reason == "no-breast"
        assert "\n" not in str(error)
    else:
        assert cleaned.numpy().dtype == pixels.dtype
        assert cleaned.shape == (1, *pixels.shape)


@pytest.mark.real
def test_on_real_films_it_agrees_with_the_breast_that_is_found(mini_mias):
    """Otsu's object lies inside the breast, and the largest part of it at that; labels are gone."""
    shares = []
    for path in sorted(mini_mias.glob("*.pgm"))[::14]:
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        otsu, breast = (RemoveArtefacts(by).mask(pixels[None]) for by in METHODS)
        assert (otsu & ~breast).sum() < 0.05 * otsu.sum(), path.name
        shares.append((otsu & breast).sum() / breast.sum())
    assert min(shares) > 0.6
    assert 0.7 < np.median(shares) < 0.9


def test_none_is_off(film):
    pixels, _ = film()
    for image in (pixels, np.zeros_like(pixels)):
        assert np.array_equal(RemoveArtefactsd("image", "none")({"image": image[None]})["image"].numpy()[0], image)
