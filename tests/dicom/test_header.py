from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from mammo_monai.dicom import header
from mammo_monai.dicom.image import read_image
from mammo_monai.errors import MammoError

Write = Callable[..., Path]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_without_preamble_and_prefix(write: Write, ramp: np.ndarray, syntax: str) -> None:
    path = write(ramp, syntax=syntax)
    path.write_bytes(path.read_bytes()[132:])
    image = read_image(path, voi="none")
    np.testing.assert_array_equal(image.pixels, ramp)
    assert image.meta["patient"] == "P1"


def test_without_file_meta_information(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp)
    data = path.read_bytes()
    start = 144 + int.from_bytes(data[140:144], "little")
    path.write_bytes(data[start:])
    image = read_image(path, voi="none")
    np.testing.assert_array_equal(image.pixels, ramp)
    assert image.meta["transfer_syntax"] == ""


@pytest.mark.parametrize("keyword", ["SOPClassUID", "Modality", "PresentationIntentType", "ImageLaterality"])
def test_no_missing_tag_is_a_reason_to_refuse(write: Write, ramp: np.ndarray, keyword: str) -> None:
    np.testing.assert_array_equal(read_image(write(ramp, **{keyword: None}), voi="none").pixels, ramp)


def test_odd_tags_are_no_reason_to_refuse(write: Write, ramp: np.ndarray) -> None:
    odd = {"SOPClassUID": "1.2.3", "Modality": "OT", "PixelSpacing": [0, 0], "ImageLaterality": "B"}
    image = read_image(write(ramp, **odd), voi="none")
    np.testing.assert_array_equal(image.pixels, ramp)
    assert image.meta["laterality"] == ""


def test_elements_after_the_pixels_are_ignored(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp, DataSetTrailingPadding=bytes(64))
    np.testing.assert_array_equal(read_image(path, voi="none").pixels, ramp)


def test_deflated_bomb(write: Write, ramp: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header, "MOST_INFLATED", 10_000)
    with pytest.raises(MammoError) as error:
        read_image(write(ramp, syntax=DeflatedExplicitVRLittleEndian))
    assert error.value.reason == "too-many-pixels"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.98])
def test_deflated_cut_short(write: Write, ramp: np.ndarray, kept: float) -> None:
    path = write(ramp, syntax=DeflatedExplicitVRLittleEndian)
    data = path.read_bytes()
    path.write_bytes(data[: 400 + int((len(data) - 400) * kept)])
    with pytest.raises(MammoError):
        read_image(path)


def test_without_pixel_data(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp)
    path.write_bytes(path.read_bytes()[: -ramp.nbytes - 12])
    with pytest.raises(MammoError) as error:
        read_image(path)
    assert error.value.reason == "no-pixel-data"
