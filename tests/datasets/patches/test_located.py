from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mammo_monai.datasets.patches.located import located
from mammo_monai.datasets.records import Finding

SIZE = (100, 80)


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (Finding(("m",), box=(10.5, 20, 30.2, 40)), ((10, 20, 31, 40), None)),
        (Finding(("m",), circle=(50, 40, 3)), ((47, 37, 53, 43), None)),
        (Finding(("m",), circle=(50, 40, 0)), ((50, 40, 51, 41), None)),
        (Finding(("m",), outline=((10, 20), (30, 25), (15, 60.5))), ((10, 20, 30, 61), None)),
        (Finding(("m",), circle=(2, 40, 10)), ((-8, 30, 12, 50), None)),
        (Finding(("m",)), (None, "no-coordinates")),
        (Finding(("m",), circle=(-20, 40, 10)), (None, "off-image")),
        (Finding(("m",), circle=(-4, 40, 10)), ((0, 30, 6, 50), "centre-off-image")),
        (Finding(("m",), circle=(50, 40, 45)), ((5, 0, 95, 80), "larger-than-image")),
        (Finding(("m",), circle=(math.nan, 40, 10)), (None, "bad-coordinates")),
        (Finding(("m",), circle=(50, 40, -10)), (None, "bad-coordinates")),
        (Finding(("m",), box=(0, 0, math.inf, 5)), (None, "bad-coordinates")),
        (Finding(("m",), mask="none.png"), (None, "mask-unreadable")),
    ],
)
def test_every_shape_and_every_outcome(finding: Finding, expected: object, tmp_path: Path) -> None:
    assert located(finding, tmp_path, SIZE) == expected


def test_without_the_size_nothing_is_clipped(tmp_path: Path) -> None:
    assert located(Finding(("m",), circle=(-20, 40, 10)), tmp_path, None) == ((-30, 30, -10, 50), None)
    assert located(Finding(("m",), mask="m.png"), tmp_path, None) == (None, "mask-without-image")


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((100, 80), ((20, 10, 40, 50), None)),
        ((200, 160), ((10, 5, 20, 25), "mask-scaled")),
        ((100, 120), (None, "mask-of-another-shape")),
    ],
)
def test_a_mask_of_any_size(shape: tuple[int, int], expected: object, tmp_path: Path) -> None:
    mask = np.zeros(shape, np.uint8)
    mask[20:40, 10:50] = 255
    Image.fromarray(mask).save(tmp_path / "m.png")
    assert located(Finding(("m",), mask="m.png"), tmp_path, SIZE) == expected


def test_an_empty_mask(tmp_path: Path) -> None:
    Image.fromarray(np.zeros(SIZE, np.uint8)).save(tmp_path / "m.png")
    assert located(Finding(("m",), mask="m.png"), tmp_path, SIZE) == (None, "mask-empty")
