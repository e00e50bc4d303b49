from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.datasets.conflicts import conflicts, side_in_pixels
from mammo_monai.datasets.records import Record
from mammo_monai.dicom.tags import BLANK


def breast(chest_wall: str) -> np.ndarray:
    """A bright half disc at one side of a dark film."""
    rows, cols = np.mgrid[:200, :160]
    image = np.where((rows - 100) ** 2 + cols**2 < 80**2, 180 + rows % 7, 5).astype(np.uint8)
    return image if chest_wall == "left" else image[:, ::-1]


def record(**fields: str) -> Record:
    return Record("a.dcm", "p", "e", **fields)


@pytest.mark.parametrize(("chest_wall", "side"), [("left", "L"), ("right", "R")])
def test_a_left_breast_lies_at_the_left_edge(chest_wall: str, side: str) -> None:
    assert side_in_pixels(breast(chest_wall)) == side


def test_nothing_contradicts_what_is_unknown_or_the_same() -> None:
    assert conflicts(record(), BLANK) == []
    assert conflicts(record(laterality="L", view="CC"), BLANK, breast("left")) == []
    assert conflicts(record(), BLANK | {"laterality": "R"}, breast("right")) == []


def test_table_tags_and_pixels_are_quoted() -> None:
    tags = BLANK | {"laterality": "R", "view": "MLO"}
    assert conflicts(record(laterality="L", view="CC"), tags, breast("left")) == [
        {"path": "a.dcm", "what": "laterality", "table": "L", "tags": "R", "pixels": "L"},
        {"path": "a.dcm", "what": "view", "table": "CC", "tags": "MLO", "pixels": ""},
    ]
    assert conflicts(record(laterality="L"), BLANK, breast("right"))[0]["pixels"] == "R"
    assert conflicts(record(laterality="L"), BLANK) == []


def test_tags_that_contradict_each_other_are_a_conflict_by_themselves() -> None:
    said = "laterality: ImageLaterality L, Laterality R; MONOCHROME1 with PresentationLUTShape IDENTITY"
    (one,) = conflicts(record(laterality="L"), BLANK | {"laterality": "L", "conflict": said})
    assert one == {
        "path": "a.dcm", "what": "laterality", "table": "L", "tags": "ImageLaterality L, Laterality R", "pixels": "",
    }  # fmt: skip


def test_an_image_without_a_breast_is_named() -> None:
    (one,) = conflicts(record(laterality="L"), BLANK, np.full((200, 160), 7, np.uint8))
    assert (one["what"], one["pixels"]) == ("breast", "none found")


def test_an_unclear_side_says_nothing() -> None:
    both = np.maximum(breast("left"), breast("right"))
    assert side_in_pixels(both) == ""
