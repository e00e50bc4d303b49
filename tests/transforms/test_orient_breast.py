from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from mammo_monai.errors import MammoError
from mammo_monai.transforms.orient_breast import OrientBreast, OrientBreastd

KINDS = {
    "numpy": lambda a: a[None],
    "tensor": lambda a: torch.from_numpy(a)[None],
    "MetaTensor": lambda a: MetaTensor(torch.from_numpy(a)[None], affine=torch.eye(4, dtype=torch.float64)),
}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("found", ["left", "right"])
@pytest.mark.parametrize("wanted", ["left", "right"])
def test_chest_wall_ends_where_it_is_wanted(film, wanted, found, kind, dtype):
    pixels = film(chest_wall=found)[0].astype(dtype)
    oriented = OrientBreast(chest_wall=wanted)(KINDS[kind](pixels))
    assert isinstance(oriented, MetaTensor)
    expected = pixels if wanted == found else pixels[:, ::-1]
    assert oriented.numpy().dtype == dtype
    assert np.array_equal(oriented.numpy()[0], expected)
    assert oriented.meta["orient_flipped"] is (wanted != found)
    assert oriented.meta["orient_by"] == "pixels"
    assert oriented.meta["orient_conflict"] is False


@pytest.mark.parametrize("found", ["left", "right"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_inverse_gives_pixels_affine_and_operations_back(film, found, dtype):
    image = KINDS["MetaTensor"](film(chest_wall=found)[0].astype(dtype))
    orient = OrientBreast()
    oriented = orient(image)
    assert [op["class"] for op in oriented.applied_operations] == ["OrientBreast"]
    back = orient.inverse(oriented)
    assert torch.equal(back.as_tensor(), image.as_tensor())
    assert torch.equal(back.affine, torch.eye(4, dtype=torch.float64))
    assert back.applied_operations == []


def test_affine_of_a_mirror_by_hand(film):
    image = KINDS["MetaTensor"](film(shape=(1000, 800), chest_wall="right")[0])
    expected = np.eye(4)
    expected[1, 1], expected[1, 3] = -1, 799
    assert np.array_equal(OrientBreast()(image).affine.numpy(), expected)


@pytest.mark.parametrize("found", ["left", "right"])
def test_input_is_not_changed(film, found):
    image = KINDS["MetaTensor"](film(chest_wall=found)[0])
    before = image.as_tensor().clone()
    OrientBreast()(image)
    assert torch.equal(image.as_tensor(), before)
    assert image.applied_operations == []
    assert "breast_box" not in image.meta and "orient_flipped" not in image.meta


@pytest.mark.parametrize(
    ("by", "laterality", "flipped", "decided", "conflict"),
    [
        ("pixels", "R", False, "pixels", True),
        ("pixels", "L", False, "pixels", False),
        ("pixels", "", False, "pixels", False),
        ("laterality", "R", True, "laterality", True),
        ("laterality", "L", False, "laterality", False),
        ("laterality", "", False, "pixels", False),
    ],
)
def test_pixels_against_laterality(film, by, laterality, flipped, decided, conflict):
    image = KINDS["MetaTensor"](film(chest_wall="left")[0])
    image.meta["laterality"] = laterality
    meta = OrientBreast(by=by)(image).meta
    assert (meta["orient_flipped"], meta["orient_by"], meta["orient_conflict"]) == (flipped, decided, conflict)


@pytest.mark.parametrize(("laterality", "flipped"), [("L", False), ("R", True)])
def test_laterality_decides_where_the_breast_fills_the_film(laterality, flipped):
    random = np.random.default_rng(1)
    pixels = np.clip(random.normal(140, 30, (600, 500)), 0, 255).astype(np.uint8)
    pixels[:40], pixels[-40:] = 0, 0  # symmetric: pixels cannot tell
    meta = OrientBreast()(pixels[None], laterality).meta
    assert (meta["orient_by"], meta["orient_flipped"], meta["orient_conflict"]) == ("laterality", flipped, False)


def test_header_goes_before_the_item(film):
    image = KINDS["MetaTensor"](film(chest_wall="left")[0])
    image.meta["laterality"] = "L"
    assert (
        OrientBreastd("image", by="laterality")({"image": image, "laterality": "R"})["image"].meta["orient_flipped"]
        is False
    )
    image.meta["laterality"] = ""
    assert OrientBreastd("image", by="laterality")({"image": image, "laterality": "R"})["image"].meta["orient_flipped"]


def test_masks_turn_with_the_first_key_and_back(film):
    pixels, _ = film(chest_wall="right")
    mask = np.zeros_like(pixels)
    mask[300:400, 600:700] = 1
    orient = OrientBreastd(["image", "mask"])
    item = orient({"image": KINDS["MetaTensor"](pixels), "mask": KINDS["MetaTensor"](mask), "label": 3})
    assert np.array_equal(item["mask"].numpy()[0], mask[:, ::-1])
    assert item["label"] == 3
    back = orient.inverse(item)
    assert np.array_equal(back["mask"].numpy()[0], mask) and np.array_equal(back["image"].numpy()[0], pixels)


def test_bad_options_are_named():
    with pytest.raises(MammoError, match="chest_wall 'left' or 'right'"):
        OrientBreast(chest_wall="up")
    with pytest.raises(MammoError, match="by 'pixels' or 'laterality'"):
        OrientBreast(by="name")


def test_empty_image_names_the_file():
    image = MetaTensor(torch.zeros(1, 50, 40), meta={"filename_or_obj": "a/b.dcm"})
    with pytest.raises(MammoError, match=r"a/b\.dcm") as error:
        OrientBreast()(image)
    assert error.value.reason == "no-breast"


def test_missing_channel_is_named():
    with pytest.raises(MammoError, match="EnsureChannelFirstd"):
        OrientBreast()(np.ones((50, 40), np.uint8))


@pytest.mark.parametrize("by", ["pixels", "laterality"])
@pytest.mark.parametrize("clear", [True, False])
def test_an_oriented_image_stays_as_it_is(film, by, clear):
    """Laterality speaks of the source: a right view that was mirrored before is not mirrored back."""
    image = KINDS["MetaTensor"](film(chest_wall="right")[0])
    image.meta["laterality"] = "R"
    once = OrientBreast(by=by)(image)
    once.meta["chest_wall_confidence"] = 1.0 if clear else 0.0
    twice = OrientBreast(by=by)(once)
    assert torch.equal(twice.as_tensor(), once.as_tensor())
    assert twice.meta["orient_flipped"] is False and twice.meta["orient_conflict"] is False
