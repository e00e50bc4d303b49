from __future__ import annotations

import numpy as np
import pytest
import torch

from mammo_monai.errors import MammoError
from mammo_monai.transforms.normalise import Normalise, Normalised

IMAGE = np.random.default_rng(0).integers(100, 4000, (1, 30, 20)).astype(np.uint16)


def test_contrast_has_mean_0_and_deviation_1() -> None:
    result = Normalise("contrast")(IMAGE)
    assert result.dtype == torch.float32 or result.dtype == np.float32
    np.testing.assert_allclose(result, (IMAGE - IMAGE.mean()) / IMAGE.std(), atol=1e-5)


def test_unit_is_0_to_1() -> None:
    low, high = float(IMAGE.min()), float(IMAGE.max())
    np.testing.assert_allclose(
        Normalised("image", "unit")({"image": IMAGE})["image"], (IMAGE - low) / (high - low), atol=1e-6
    )


@pytest.mark.parametrize("by", ["contrast", "unit"])
def test_an_even_image_is_finite(by: str) -> None:
    assert np.isfinite(np.asarray(Normalise(by)(np.full((1, 4, 4), 9, np.uint16)))).all()


def test_a_mistyped_name() -> None:
    with pytest.raises(MammoError, match="'contrast' or 'unit'"):
        Normalise("zscore")
