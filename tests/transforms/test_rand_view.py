"""Against MONAI's own transforms with the same draws, and against plain arithmetic."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Compose, Flip, Invertd, Resize, Rotate, SpatialCrop
from scipy.ndimage import map_coordinates

from mammo_monai.errors import MammoError
from mammo_monai.transforms.rand_view import RandView, RandViewd
from mammo_monai.transforms.source import to_source

ROWS, COLS = 120, 100


def image(sigma: float = 3.0) -> MetaTensor:
    """Smooth noise of mean 0 and standard deviation 1: what interpolation blurs away is small."""
    noise = np.random.default_rng(0).normal(size=(ROWS, COLS)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), sigma)
    return MetaTensor(torch.from_numpy((smooth - smooth.mean()) / smooth.std())[None])


def drawn(seed: int) -> tuple[bool, float, list[int], list[int]]:
    """The draws of a view in their order: mirror, angle, rows and columns kept, corner."""
    random = np.random.RandomState(seed)
    mirror, angle = random.random() < 0.5, random.uniform(-np.pi, np.pi)
    kept = [random.randint(low, high + 1) for low, high in ((102, ROWS), (85, COLS))]
    return mirror, angle, kept, [random.randint(side - part + 1) for side, part in zip((ROWS, COLS), kept, strict=True)]


@pytest.mark.parametrize("seed", range(8))
def test_the_four_transforms_of_monai_in_one(seed):
    """They interpolate twice, we once; of smooth pixels of deviation 1 none differs by 0.05, most not by 0.01."""
    mirror, angle, kept, corner = drawn(seed)
    steps = [
        *([Flip(1)] if mirror else []),
        Rotate(angle, padding_mode="reflection"),
        SpatialCrop(roi_start=corner, roi_end=[c + k for c, k in zip(corner, kept, strict=True)]),
        Resize((96, 96), mode="bilinear", anti_aliasing=False),
    ]
    expected = Compose(steps)(image(sigma=5))
    found = RandView(96).set_random_state(seed)(image(sigma=5))
    assert found.dtype == torch.float32 and found.shape == (1, 96, 96)
    differences = (found.as_tensor() - expected.as_tensor()).abs()
    assert float(differences.max()) < 0.05 and float(differences.median()) < 0.01
    np.testing.assert_allclose(found.affine, expected.affine, atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_every_pixel_shows_the_place_it_names(seed):
    seen = RandView((80, 70)).set_random_state(seed)(image())
    places = to_source(np.argwhere(np.ones((80, 70))), seen)
    expected = map_coordinates(image()[0].numpy(), places.T, order=1, mode="reflect").reshape(80, 70)
    np.testing.assert_allclose(seen[0].numpy(), expected, atol=0.02)  # OpenCV knows 32 places between two pixels


def test_nothing_drawn_changes_nothing():
    still = RandView((ROWS, COLS), flip=0, rotate=0, smallest=1)
    np.testing.assert_array_equal(still(image()).numpy(), image().numpy())
    mirrored = RandView((ROWS, COLS), flip=1, rotate=0, smallest=1)(image())
    np.testing.assert_allclose(mirrored.numpy(), image().numpy()[:, :, ::-1], atol=1e-6)


def test_draws_are_spread_as_asked():
    view = RandView((ROWS, COLS), flip=0.3, rotate=0.5, smallest=0.7).set_random_state(1)
    views = np.array([view.view((ROWS, COLS)) for _ in range(2000)])
    linear = views[:, :2, :2]
    mirrored = np.linalg.det(linear) < 0
    assert mirrored.mean() == pytest.approx(0.3, abs=0.05)
    shares = np.linalg.norm(linear, axis=1)  # length of each column: the share of the side that is kept
    assert shares.min(0) == pytest.approx(0.7, abs=0.01) and shares.max(0) == pytest.approx(1.0, abs=0.01)
    assert shares.mean(0) == pytest.approx(0.85, abs=0.01) and abs(np.corrcoef(shares.T)[0, 1]) < 0.1
    angles = np.arctan2(linear[:, 1, 0] * np.where(mirrored, -1, 1), linear[:, 0, 0])
    assert (
        -0.5 <= angles.min() < -0.49
        and 0.49 < angles.max() <= 0.5
        and angles.std() == pytest.approx(1 / np.sqrt(12), abs=0.01)
    )


def test_all_keys_of_an_item_are_seen_alike_and_a_seed_repeats():
    item = {"image": image(), "mask": image() * 2}
    chain = Compose([RandViewd(["image", "mask"], 64)])
    made = chain.set_random_state(3)(item)
    torch.testing.assert_close(made["mask"].as_tensor(), 2 * made["image"].as_tensor())
    assert not torch.equal(chain(item)["image"].as_tensor(), made["image"].as_tensor())
    assert torch.equal(chain.set_random_state(3)(item)["image"].as_tensor(), made["image"].as_tensor())


def test_the_inverse_puts_back_what_was_seen():
    chain = Compose([RandViewd("image", (ROWS, COLS), rotate=0.3)]).set_random_state(0)
    made = chain({"image": image()})
    back = Invertd("image", chain, orig_keys="image")(made)["image"]
    np.testing.assert_allclose(back.affine, np.eye(4), atol=1e-9)
    inside = np.s_[0, 45:75, 38:62]
    np.testing.assert_allclose(back.numpy()[inside], image().numpy()[inside], atol=0.1)
    assert (back.numpy() == 0).any()


@pytest.mark.parametrize(
    "options",
    [{"spatial_size": 0}, {"flip": 1.5}, {"rotate": -1}, {"rotate": float("nan")}, {"smallest": 0}, {"smallest": 1.1}],
)
def test_options_that_are_none(options):
    with pytest.raises(MammoError, match="RandView") as caught:
        RandView(**{"spatial_size": 8, **options})
    assert caught.value.reason == "bad-option"
