from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from mammo_monai.dicom.image import read_image
from mammo_monai.errors import MammoError

Write = Callable[..., Path]


def refused(path: Path, reason: str, **options: Any) -> str:
    with pytest.raises(MammoError) as error:
        read_image(path, **options)
    assert error.value.reason == reason
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
    return str(error.value)


def view(code: str, modifier: str | None = None) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = code, "SRT"
    if modifier:
        inner = Dataset()
        inner.CodeValue, inner.CodingSchemeDesignator = modifier, "SRT"
        item.ViewModifierCodeSequence = Sequence([inner])
    return Sequence([item])


SPECIAL: list[dict[str, Any]] = [
    *({"ViewCodeSequence": view("R-10242", modifier)} for modifier in ("R-102D5", "R-102D6", "R-102D7", "R-102D3")),
    {"ViewCodeSequence": view("G-8310")},
    {"ImageType": ["DERIVED", "PRIMARY", "STEREO", "LEFT"]},
    {"ImageType": ["ORIGINAL", "PRIMARY", "STEREO_SCOUT"]},
    {"EstimatedRadiographicMagnificationFactor": "1.8"},
    {"PartialView": "YES"},
]


@pytest.mark.parametrize("elements", SPECIAL, ids=str)
def test_special_views(write: Write, ramp: np.ndarray, elements: dict[str, Any]) -> None:
    path = write(ramp, **elements)
    refused(path, "special-view")
    np.testing.assert_array_equal(read_image(path, voi="none", allow=["special-view"]).pixels, ramp)


@pytest.mark.parametrize(
    "elements",
    [
        {"ViewCodeSequence": view("R-10242", "R-40AB3")},
        {"ImageType": ["ORIGINAL", "PRIMARY", ""]},
        {"ImageType": ["DERIVED", "PRIMARY", "TOMO_2D", "GENERATED_2D"]},
        {"EstimatedRadiographicMagnificationFactor": "1.07"},
        {"PartialView": "NO"},
        {"NumberOfFrames": 1},
    ],
    ids=str,
)
def test_standard_views_pass(write: Write, ramp: np.ndarray, elements: dict[str, Any]) -> None:
    read_image(write(ramp, **elements))


def test_several_frames(write: Write, ramp: np.ndarray) -> None:
    path = write(np.stack([ramp, ramp[::-1], ramp // 2]), NumberOfFrames=3)
    refused(path, "multi-frame")
    np.testing.assert_array_equal(read_image(path, voi="none", allow=["multi-frame"]).pixels, ramp[::-1])


def test_tomosynthesis_slice(write: Write, ramp: np.ndarray) -> None:
    refused(write(ramp, ImageType=["DERIVED", "PRIMARY", "TOMO"]), "multi-frame")


@pytest.mark.parametrize(
    "elements",
    [
        {"PresentationIntentType": "FOR PROCESSING"},
        {"PresentationIntentType": None, "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2.1"},
    ],
    ids=str,
)
def test_for_processing(write: Write, ramp: np.ndarray, elements: dict[str, Any]) -> None:
    path = write(ramp, **elements)
    refused(path, "for-processing")
    read_image(path, allow=["for-processing"])


def test_several_refusals_need_several_codes(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp, PresentationIntentType="FOR PROCESSING", PartialView="YES")
    refused(path, "special-view", allow=["for-processing"])
    read_image(path, allow=["for-processing", "special-view"])


@pytest.mark.parametrize(
    "elements",
    [
        {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3, "PlanarConfiguration": 0},
        {"PhotometricInterpretation": "PALETTE COLOR"},
    ],
)
def test_colour(write: Write, elements: dict[str, Any]) -> None:
    words = np.zeros((20, 30), np.uint8)
    data = dict(elements)
    path = write(np.zeros((3, 20, 30), np.uint8) if "SamplesPerPixel" in data else words, bits=8, **data)
    refused(path, "colour")


def test_too_many_pixels_by_the_header_alone(write: Write, ramp: np.ndarray) -> None:
    """The pixel data of 60000 x 60000 is not there: the refusal comes before anyone looks for it."""
    refused(write(ramp, Rows=60000, Columns=60000), "too-many-pixels")
    path = write(ramp)
    refused(path, "too-many-pixels", max_pixels=ramp.size - 1)
    read_image(path, max_pixels=ramp.size)
    read_image(path, max_pixels=1, allow=["too-many-pixels"])


def test_no_size(write: Write, ramp: np.ndarray) -> None:
    refused(write(ramp, Rows=0), "unreadable")


@pytest.mark.parametrize("allow", ["multi-frame", ["colour"], ["no-such-code"], [1]])
def test_allow_that_lifts_nothing(allow: Any, write: Write, ramp: np.ndarray) -> None:
    with pytest.raises(MammoError) as error:
        read_image(write(ramp), allow=allow)
    assert error.value.reason == "bad-option"
