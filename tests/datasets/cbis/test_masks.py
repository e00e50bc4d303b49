from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from mammo_monai.datasets.cbis.masks import box, size, tell
from mammo_monai.phantom.secondary_capture import write_secondary_capture

FULL = (60, 40)


class Folder:
    """Masks and crops on disk, by content."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, pixels: Any) -> Path:
        path = self.root / name
        write_secondary_capture(
            path, pixels, name="x", laterality="L", view="CC", description="", uids=(uuid4(), uuid4(), uuid4())
        )
        return path

    def mask(self, name: str = "mask.dcm", shape: tuple[int, int] = FULL, at: Any = np.s_[10:20, 5:9]) -> Path:
        pixels = np.zeros(shape, np.uint8)
        pixels[at] = 255
        return self.write(name, pixels)

    def crop(self, name: str = "crop.dcm", shape: tuple[int, int] = (12, 7), dtype: Any = np.uint16) -> Path:
        return self.write(name, np.arange(shape[0] * shape[1]).reshape(shape).astype(dtype))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_size_is_the_headers(folder: Folder, tmp_path: Path) -> None:
    assert size(folder.crop()) == (12, 7)
    assert size(tmp_path / "none.dcm") is None
    (tmp_path / "text.dcm").write_text("half a page of HTML, which a proxy sent instead")
    assert size(tmp_path / "text.dcm") is None


@pytest.mark.parametrize("order", [1, -1])
def test_the_mask_is_as_large_as_the_mammogram(folder: Folder, order: int) -> None:
    pair = [folder.mask(), folder.crop()][::order]
    assert tell(pair, FULL) == (folder.root / "mask.dcm", None)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("mask", "crop", "mammogram"),
    [
        ((75, 50), (12, 7), FULL),  # no file has the mammogram's size
        (FULL, FULL, FULL),  # both have
        (FULL, (12, 7), None),  # the mammogram is not there
        ((20, 10), (30, 30), FULL),  # the crop is the larger one
    ],
)
def test_values_decide_where_sizes_do_not(
    folder: Folder, order: int, dtype: Any, mask: Any, crop: Any, mammogram: Any
) -> None:
    pair = [folder.mask(shape=mask, at=np.s_[10:12, 5:9]), folder.crop(shape=crop, dtype=dtype)][::order]
    assert tell(pair, mammogram) == (folder.root / "mask.dcm", None)


def test_nothing_is_guessed(folder: Folder) -> None:
    assert tell([], FULL) == (None, None)
    assert tell([folder.crop()], FULL) == (None, "mask-missing")
    assert tell([folder.mask("black.dcm", (30, 30), at=np.s_[:0])], FULL) == (None, "mask-missing")
    assert tell([folder.mask()], FULL) == (folder.root / "mask.dcm", "crop-missing")
    assert tell([folder.mask(), folder.mask("again.dcm")], FULL) == (None, "mask-unclear")
    assert tell([folder.crop(), folder.crop("again.dcm")], FULL) == (None, "mask-missing")
    assert tell([folder.mask(), folder.crop(), folder.crop("again.dcm")], FULL)[0] == folder.root / "mask.dcm"


def test_the_box_is_half_open_and_in_rows_and_columns(folder: Folder) -> None:
    assert box(folder.mask(), FULL) == ((10, 5, 20, 9), None)
    assert box(folder.mask(at=np.s_[:, :]), FULL) == ((0, 0, 60, 40), None)
    assert box(folder.mask(at=np.s_[59, 39]), FULL) == ((59, 39, 60, 40), None)


@pytest.mark.parametrize("shape", [(75, 50), (30, 20), (4800, 3180)])  # the last differs in aspect by 0.6 %
def test_a_mask_of_the_same_aspect_has_its_box_scaled(folder: Folder, shape: tuple[int, int]) -> None:
    down, across = 60 / shape[0], 40 / shape[1]
    found, code = box(folder.mask(shape=shape), FULL)
    assert code == "mask-scaled" and found == pytest.approx((10 * down, 5 * across, 20 * down, 9 * across))


@pytest.mark.parametrize("shape", [(60, 41), (61, 40), (40, 60), (75, 49)])
def test_a_mask_of_another_aspect_has_no_box(folder: Folder, shape: tuple[int, int]) -> None:
    assert box(folder.mask(shape=shape), FULL) == (None, "mask-of-another-shape")


def test_what_gives_no_box_says_why(folder: Folder) -> None:
    mask = folder.mask()
    assert box(mask, None) == (None, "mask-without-image")
    assert box(folder.mask("empty.dcm", at=np.s_[:0]), FULL) == (None, "mask-empty")
    mask.write_bytes(mask.read_bytes()[:-100])
    assert box(mask, FULL) == (None, "mask-unreadable")
    assert tell([mask, folder.crop()], FULL) == (mask, None)  # told by its header all the same
