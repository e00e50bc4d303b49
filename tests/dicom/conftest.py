"""A small valid mammogram of any pixel layout and transfer syntax."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom._uid_dict import UID_dictionary
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

# pydicom 2 writes only transfer syntaxes that it knows.
for number in (201, 203):
    UID_dictionary.setdefault(f"1.2.840.10008.1.2.4.{number}", ("HTJ2K", "Transfer Syntax", "", "", "HTJ2K"))

MG_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.2"


def mammogram(shape: tuple[int, int], bits: int, signed: bool = False, **elements: Any) -> Dataset:
    data = Dataset()
    data.SOPClassUID = MG_PRESENTATION
    data.SOPInstanceUID = "1.2.3.4"
    data.StudyInstanceUID = "1.2.3"
    data.SeriesInstanceUID = "1.2.3.1"
    data.PatientID = "P1"
    data.Modality = "MG"
    data.PresentationIntentType = "FOR PRESENTATION"
    data.ImageLaterality = "L"
    data.ViewPosition = "CC"
    data.Rows, data.Columns = shape
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated = 8 if bits <= 8 else 16
    data.BitsStored = bits
    data.HighBit = bits - 1
    data.PixelRepresentation = int(signed)
    for keyword, value in elements.items():
        if value is None:
            delattr(data, keyword)
        else:
            setattr(data, keyword, value)
    return data


def save(path: Path, data: Dataset, syntax: str | None = ExplicitVRLittleEndian, preamble: bool = True) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data.is_implicit_VR = syntax == ImplicitVRLittleEndian
        data.is_little_endian = syntax != ExplicitVRBigEndian
        if syntax is not None:
            data.file_meta = FileMetaDataset()
            data.file_meta.TransferSyntaxUID = syntax
            data.file_meta.MediaStorageSOPClassUID = MG_PRESENTATION
            data.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
        if preamble and syntax is not None:
            data.preamble = bytes(128)
        data.save_as(str(path), write_like_original=not preamble or syntax is None)
    return path


def write_into(folder: Path) -> Callable[..., Path]:
    def make(
        words: np.ndarray,
        *,
        bits: int = 12,
        signed: bool = False,
        syntax: str | None = ExplicitVRLittleEndian,
        frames: Sequence[bytes] | None = None,
        fragments: int = 1,
        table: bool = True,
        preamble: bool = True,
        name: str = "image.dcm",
        **elements: Any,
    ) -> Path:
        data = mammogram(words.shape[-2:], bits, signed, **elements)
        order = ">" if syntax == ExplicitVRBigEndian else "<"
        if frames is None:
            data.PixelData = words.astype(words.dtype.newbyteorder(order)).tobytes()
            data["PixelData"].VR = "OB" if data.BitsAllocated == 8 else "OW"
        else:
            data.PixelData = encapsulate(list(frames), fragments_per_frame=fragments, has_bot=table)
            data["PixelData"].VR = "OB"
            data["PixelData"].is_undefined_length = True
        return save(folder / name, data, syntax, preamble)

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """``write(words, bits=12, syntax=..., frames=[encoded, ...], **elements)`` gives the path of a DICOM file."""
    return write_into(tmp_path)


@pytest.fixture(scope="session")
def write_session(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """As ``write``, for fixtures of a wider scope."""
    return write_into(tmp_path_factory.mktemp("session"))


@pytest.fixture
def ramp() -> np.ndarray:
    """A smooth 12-bit picture of odd size with both ends of its range."""
    rows, columns = np.mgrid[:67, :101]
    picture = 2047.5 * (1 + np.sin(rows / 9.0) * np.cos(columns / 13.0))
    picture[0, :2] = 0, 4095
    return np.rint(picture).astype(np.uint16)
