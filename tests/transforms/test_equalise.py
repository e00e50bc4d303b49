from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from scipy.stats import rankdata

from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import find_breast
from mammo_monai.transforms.equalise import Equalise, Equalised
from mammo_monai.transforms.resize_area import ResizeAread


def breast(pixels: np.ndarray) -> np.ndarray:
    region = find_breast(pixels)
    rows, cols = (np.arange(n) // region.stride for n in pixels.shape)
    return region.mask[np.ix_(rows.clip(max=region.mask.shape[0] - 1), cols.clip(max=region.mask.shape[1] - 1))]


def ranks(tissue: np.ndarray) -> np.ndarray:
    """Share of the pixels that are no brighter, from 0 for the darkest hundredth to 65535."""
    values = tissue.astype(np.float64)
    rank = rankdata(np.maximum(values, np.sort(values, axis=None)[(values.size - 1) // 100]), "max")
    return (rank - rank.min()) / (rank.max() - rank.min()) * 65535


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_a_pixel_becomes_its_rank_in_the_breast(film, dtype: type) -> None:
    pixels = film()[0].astype(dtype) * dtype(100 if np.dtype(dtype).itemsize > 1 else 1)
    result = Equalise("histogram")(pixels[None])
    assert result.dtype == torch.uint16
    inside = breast(pixels)
    expected = ranks(pixels[inside])
    np.testing.assert_allclose(result.numpy()[0][inside], expected, atol=0.51)


def test_air_has_no_say_and_becomes_black(film) -> None:
    """An ordinary equalisation gives the air, two thirds of this film, two thirds of the grey levels."""
    pixels, (top, left, bottom, right) = film()
    result = Equalise("histogram")(pixels[None]).numpy()[0]
    air = np.ones(pixels.shape, bool)
    air[top:bottom, left:right] = False
    assert air.mean() > 0.55
    assert result[air].max() < 0.02 * 65535
    ordinary = rankdata(pixels, "average").reshape(pixels.shape) / pixels.size
    assert ordinary[air].max() > 0.5
    tissue = result[breast(pixels)]
    assert abs(np.median(tissue) / 65535 - 0.5) < 0.01
    wider = np.pad(pixels, ((0, 0), (0, 800)), constant_values=6)
    assert np.abs(Equalise("histogram")(wider[None]).numpy()[0, :, :800].astype(int) - result).mean() < 0.01 * 65535


def test_order_of_grey_levels_stays(film) -> None:
    pixels = film()[0].astype(np.uint16) * 200
    result = Equalise("histogram")(pixels[None]).numpy()[0]
    order = np.argsort(pixels, axis=None, kind="stable")
    assert (np.diff(result.ravel()[order].astype(int)) >= 0).all()


def test_clahe_raises_local_contrast_up_to_its_limit_and_leaves_air_dark(film) -> None:
    pixels, _ = film()
    low = (pixels.astype(np.uint16) * 20)[None]

    def spread(image: np.ndarray) -> float:
        tissue = image[300:700, 50:300].astype(np.float64)
        tiles = tissue.reshape(8, 50, 5, 50).std(axis=(1, 3)).mean()
        return float(tiles / np.ptp(image.astype(np.float64)))

    spreads = [spread(low[0]), *(spread(Equalise("clahe", limit)(low).numpy()[0]) for limit in (1.0, 2.0, 8.0))]
    assert spreads == sorted(spreads)
    assert spreads[-1] > 2 * spreads[0]
    result = Equalise("clahe")(low)
    assert result.dtype == torch.uint16
    assert result.numpy()[0, :60].mean() < 0.03 * 65535  # above the breast lies air alone


@pytest.mark.parametrize("by", ["none", "histogram", "clahe"])
def test_meta_and_what_can_be_undone_stay(film, by: str) -> None:
    item = {"image": MetaTensor(torch.from_numpy(film()[0])[None], meta={"filename_or_obj": "a.png"})}
    resize, equalise = ResizeAread("image", (200, 100)), Equalised("image", by)
    made = equalise(resize(item))
    assert made["image"].meta["filename_or_obj"] == "a.png"
    assert made["image"].shape == (1, 200, 100)
    assert resize.inverse(made)["image"].shape == (1, 1000, 800)
    assert torch.equal(made["image"].as_tensor(), resize(item)["image"].as_tensor()) is (by == "none")


@pytest.mark.parametrize("by", ["histogram", "clahe"])
@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 64, 64), np.uint16),
        np.full((1, 3, 200), 7, np.int16),
        np.full((1, 1, 1), 65535, np.uint16),
        np.full((2, 90, 90), -3.5, np.float32),
    ],
)
def test_an_even_image_stays_even(image: np.ndarray, by: str) -> None:
    result = Equalise(by)(image)
    assert result.shape == image.shape
    assert len(result.unique()) == 1


def test_a_patch_of_tissue_alone_is_equalised_as_a_whole() -> None:
    patch = np.random.default_rng(0).integers(3000, 3400, (1, 6, 50)).astype(np.uint16)
    result = Equalise("histogram")(patch).numpy()
    np.testing.assert_allclose(result.ravel(), ranks(patch).ravel(), atol=0.51)


@pytest.mark.parametrize("options", [{"by": "all"}, {"by": "clahe", "clip_limit": 0}, {"by": "clahe", "tiles": 0}])
def test_bad_options_are_named(options: dict) -> None:
    with pytest.raises(MammoError, match="'none', 'histogram' or 'clahe'"):
        Equalise(**options)


@pytest.mark.real
def test_real_films_lose_their_grain_and_keep_their_breast(mini_mias) -> None:
    from PIL import Image

    files = sorted(mini_mias.rglob("*.pgm"))[:6]
    assert files
    for file in files:
        small = ResizeAread("image", (512, 512))({"image": np.array(Image.open(file))[None]})["image"]
        inside = breast(small.numpy()[0])
        result = Equalise("histogram")(small).numpy()[0] / 65535
        assert abs(np.median(result[inside]) - 0.5) < 0.02, file
        assert np.median(result[~inside]) < 0.02, file
