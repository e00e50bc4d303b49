from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mammo_monai.datasets.regions import MOST_BYTES, Region, finding, image_shape, read_bytes
from mammo_monai.errors import MammoError
from mammo_monai.phantom import write_phantoms

TRIANGLE = ((10.5, 20.0), (30.0, 25.0), (12.0, 40.25))


def test_the_box_spans_the_corners_and_the_outline_stays() -> None:
    made, clipped = finding(Region("f", "Mass", TRIANGLE), ("Mass",), (100, 100), "4")
    assert made.box == (10.5, 20.0, 30.0, 40.25) and made.outline == TRIANGLE and clipped is None
    assert (made.categories, made.birads, made.pathology, made.circle) == (("Mass",), "4", None, None)


def test_a_point_is_a_box_of_one_pixel_without_outline() -> None:
    made, clipped = finding(Region("f", "Point 1", ((7.0, 9.0),)), ("x",), None)
    assert made.box == (7, 9, 8, 10) and made.outline is None and made.circle is None and clipped is None


def test_a_region_nobody_drew_is_a_finding_without_box() -> None:
    assert finding(Region("f", "Mass", ()), ("Mass",), (10, 10))[0].box is None


def test_corners_that_only_span_a_region_are_no_outline() -> None:
    assert finding(Region("f", "", TRIANGLE, closed=False), ("x",), None)[0].outline is None
    assert finding(Region("f", "", (TRIANGLE[0], TRIANGLE[1], TRIANGLE[0])), ("x",), None)[0].outline is None


@pytest.mark.parametrize(
    ("corners", "shape", "box"),
    [
        (((-3.0, 5.0), (9.0, 15.0), (9.0, 5.0)), (100, 100), (0, 5, 9, 15)),
        (((90.0, 90.0), (105.0, 99.0), (90.0, 120.0)), (100, 110), (90, 90, 100, 110)),
        (((90.0, -1.0), (105.0, 99.0), (90.0, 120.0)), None, (90, 0, 105, 120)),
    ],
)
def test_a_box_past_the_edge_is_clipped_and_said_to_be(corners, shape, box) -> None:
    made, clipped = finding(Region("f", "", corners), ("x",), shape)
    assert made.box == box and clipped == "box-clipped" and made.outline == corners


@pytest.mark.parametrize("corner", [(-5.0, 3.0), (100.0, 3.0), (3.0, 200.0)])
def test_a_region_off_the_image_has_no_box_and_is_noted(corner) -> None:
    made, note = finding(Region("f", "", (corner,)), ("x",), (100, 100))
    assert made.box is None and note == "box-off-image"


corners = st.lists(st.tuples(st.floats(-50, 150), st.floats(-50, 150)), min_size=1, max_size=8).map(tuple)


@given(corners)
def test_a_box_lies_within_its_image_or_there_is_none(points) -> None:
    made, note = finding(Region("f", "", points), ("x",), (100, 80))
    if made.box is None:
        rows, cols = zip(*points, strict=True)
        assert min(rows) >= 100 or min(cols) >= 80 or max(rows) <= 0 or max(cols) <= 0
        assert note == "box-off-image"
    else:
        assert 0 <= made.box[0] < made.box[2] <= 100 and 0 <= made.box[1] < made.box[3] <= 80


def test_the_shape_of_an_image_is_rows_then_columns(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((30, 20), np.uint16)).save(tmp_path / "a.png")
    assert image_shape(tmp_path / "a.png") == (30, 20)
    root = write_phantoms(tmp_path / "set", 1, 0, rows=160, cols=128)
    assert image_shape(next(root.rglob("*.dicom"))) == (160, 128)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"nonsense", b"\0" * 128 + b"DICM"])
def test_a_missing_or_damaged_image_has_no_shape(tmp_path: Path, content: bytes) -> None:
    assert image_shape(tmp_path / "gone.png") is None
    (tmp_path / "a.png").write_bytes(content)
    assert image_shape(tmp_path / "a.png") is None


def test_a_file_without_end_is_not_read_to_it(tmp_path: Path) -> None:
    with (tmp_path / "big.xml").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(MammoError, match=r"big\.xml: larger than 64 MiB"):
        read_bytes(tmp_path / "big.xml")
    with pytest.raises(MammoError, match=r"gone\.xml: cannot be read"):
        read_bytes(tmp_path / "gone.xml")
