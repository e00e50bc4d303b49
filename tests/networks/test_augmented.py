from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.augmented import VARIANTS, OverVariants, Variant, augmented, vary


class Corner(nn.Module):
    """Logits from one pixel: sees every flip."""

    def forward(self, image):
        return torch.stack([image[:, 0, 0, 0], 0 * image[:, 0, 0, 0]], 1)


class Symmetric(nn.Module):
    """Logits from mean and largest value: sees no flip."""

    def forward(self, image):
        return torch.stack([image.mean((1, 2, 3)), image.amax((1, 2, 3))], 1)


@pytest.fixture
def image():
    return torch.randn(3, 2, 6, 4, generator=torch.Generator().manual_seed(0))


def test_flips_change_nothing_for_a_symmetric_network(image):
    expected = Symmetric()(image).softmax(1)
    torch.testing.assert_close(augmented(Symmetric(), "flip")(image).softmax(1), expected)
    assert not torch.allclose(augmented(Symmetric(), "affine")(image).softmax(1), expected)


def test_flips_are_the_mean_over_the_four_corners(image):
    corners = image[:, 0, [0, 0, -1, -1], [0, -1, 0, -1]].double().numpy()
    expected = (1 / (1 + np.exp(-corners))).mean(1)
    found = augmented(Corner(), "flip")(image).softmax(1)[:, 0]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)
    again = augmented(Corner(), "flip")(image.flip(-1)).softmax(1)[:, 0]
    torch.testing.assert_close(found, again)


def test_none_is_the_network_itself():
    network = Corner()
    assert augmented(network, "none") is network
    with pytest.raises(MammoError, match="tta: no 'mirror'; choose one of none, flip, affine, flip_affine") as caught:
        augmented(network, "mirror")
    assert caught.value.reason == "tta-unknown"


def test_every_list_begins_with_the_image_as_it_is(image):
    for variants in VARIANTS.values():
        assert variants[0] == Variant()
        assert vary(image, variants[0]) is image
        assert len(set(variants)) == len(variants)
    assert not any(variant.flips for variant in VARIANTS["affine"])


def test_the_mode_of_the_network_follows():
    network = OverVariants(nn.Sequential(nn.Dropout()), VARIANTS["flip"])
    assert not network.eval().network[0].training


def test_whole_pixels_are_moved_and_the_edge_continues():
    image = torch.arange(20.0).reshape(1, 1, 4, 5)
    down = vary(image, Variant(down=0.25))[0, 0]
    torch.testing.assert_close(down[1:], image[0, 0, :-1], atol=1e-5, rtol=0)
    torch.testing.assert_close(down[0], image[0, 0, 0], atol=1e-5, rtol=0)
    left = vary(image, Variant(right=-0.4))[0, 0]
    torch.testing.assert_close(left[:, :3], image[0, 0, :, 2:], atol=1e-5, rtol=0)
    flipped = vary(image, Variant((-2, -1), right=-0.4))[0, 0]
    torch.testing.assert_close(flipped, left.flip(0, 1), atol=0, rtol=0)


def test_a_quarter_turn_is_clockwise():
    image = torch.randn(1, 3, 5, 5, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        vary(image, Variant(degrees=90))[0], torch.rot90(image[0], -1, (1, 2)), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize(
    "variant", [Variant(degrees=5), Variant(scale=1.05), Variant(degrees=-5, scale=0.95, down=0.05)]
)
def test_an_oblong_image_is_turned_and_not_sheared(variant):
    """Against scipy, whose coordinates are pixels: centre (H - 1) / 2, (W - 1) / 2."""
    rows, cols = 40, 24
    image = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(rows, cols)), 2)
    angle = np.deg2rad(variant.degrees)
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / variant.scale
    centre = np.array([rows - 1, cols - 1]) / 2
    moved = centre + np.array([variant.down * rows, variant.right * cols])
    expected = ndimage.affine_transform(image, back, centre - back @ moved, order=1, mode="nearest")
    found = vary(torch.from_numpy(image)[None, None], variant)[0, 0].numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)
