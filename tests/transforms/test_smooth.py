from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.data import MetaTensor
from scipy.ndimage import gaussian_filter

from mammo_monai.errors import MammoError
from mammo_monai.transforms.resize_area import ResizeAread
from mammo_monai.transforms.smooth import Smooth, Smoothd


def noise(dtype: type, shape: tuple[int, ...] = (2, 40, 30)) -> np.ndarray:
    info = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else None
    low, high = (max(info.min, -(2**20)), min(info.max, 2**20)) if info else (-5, 5)
    return np.random.default_rng(0).integers(low, high, shape).astype(dtype)


@pytest.mark.parametrize("sigma", [0.5, 1.3, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64])
def test_it_is_scipys_filter_in_the_type_of_the_image(dtype: type, sigma: float) -> None:
    image = noise(dtype)
    smooth = Smooth(sigma)(image).numpy()
    assert smooth.dtype == image.dtype
    expected = gaussian_filter(image.astype(np.float64), sigma, axes=(1, 2), mode="reflect", truncate=4)
    span = float(image.max()) - float(image.min())
    assert np.abs(smooth - expected).max() <= (0.51 if np.dtype(dtype).kind in "iu" else 0) + 2e-5 * span


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy, lambda x: MetaTensor(torch.from_numpy(x))])
def test_zero_is_off(kind) -> None:
    image = noise(np.int16)
    assert np.array_equal(Smooth(0)(kind(image)).numpy(), image)


def test_meta_and_what_can_be_undone_stay() -> None:
    item = {"image": MetaTensor(torch.from_numpy(noise(np.int16)), meta={"filename_or_obj": "a.png"})}
    resize, smooth = ResizeAread("image", (20, 20)), Smoothd("image", 0.5)
    made = smooth(resize(item))
    assert made["image"].meta["filename_or_obj"] == "a.png"
    assert torch.equal(torch.as_tensor(made["image"].affine), torch.as_tensor(resize(item)["image"].affine))
    assert resize.inverse(made)["image"].shape == (2, 40, 30)


@settings(deadline=None, max_examples=40)
@given(
    sigma=st.floats(0, 40),
    rows=st.integers(1, 9),
    cols=st.integers(1, 9),
    value=st.integers(0, 65535),
)
def test_an_even_image_stays_even_whatever_its_size(sigma: float, rows: int, cols: int, value: int) -> None:
    image = np.full((1, rows, cols), value, np.uint16)
    assert np.array_equal(Smooth(sigma)(image).numpy(), image)


@pytest.mark.parametrize("sigma", [-1, float("nan"), float("inf"), "a lot", True, None])
def test_impossible_widths_are_named(sigma) -> None:
    with pytest.raises(MammoError, match="sigma"):
        Smooth(sigma)
