"""One DICOM file de-identified, or a reason why it is left out: it is never passed on in part."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from mammo_monai.deidentification import pixel_data, profile
from mammo_monai.deidentification.burned_in import find_writing
from mammo_monai.deidentification.pseudonyms import Pseudonyms
from mammo_monai.dicom import pixels
from mammo_monai.dicom.decode import check_words
from mammo_monai.dicom.header import DicomFile, looks_like_dicom, open_header
from mammo_monai.dicom.part10 import file_bytes
from mammo_monai.dicom.refusals import MAX_PIXELS, check_header, check_size, frame_count
from mammo_monai.dicom.rendering import choose, rendering, texts
from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import Box, find_breast

Image = NDArray[Any]

IMPLEMENTATION: Final = f"2.25.{uuid5(NAMESPACE_OID, 'mammo-monai de-identification').int}"
PROJECTIONS: Final = {
    "1.2.840.10008.5.1.4.1.1.1.2": "Digital Mammography X-Ray Image - For Presentation",
    "1.2.840.10008.5.1.4.1.1.1.1": "Digital X-Ray Image - For Presentation",
    "1.2.840.10008.5.1.4.1.1.1": "Computed Radiography Image",
}
"""SOP classes that are taken. A secondary capture may be a screen full of names, a report or a PDF in disguise."""


@dataclass(frozen=True)
class Cleaned:
    """One file ready to be written.

    Attributes:
        name: path by pseudonyms: patient / study / image.
        data: bytes of the file.
        boxes: (row_min, col_min, row_max, col_max) of what was set to air.
        altered: whether any pixel was.
        burned_in: value of Burned In Annotation in the new file, "" where it has none.
        removed: number of elements of the original, at its top level, that are not in the new file.
        private: how many of them were private.
        syntax: transfer syntax of the new file.
        before: (rows, columns) 0..65535, as displayed.
        after: the same, cleaned.
    """

    name: str
    data: bytes
    boxes: list[Box]
    altered: bool
    burned_in: str
    removed: int
    private: int
    syntax: str
    before: Image
    after: Image


def deidentify(path: Path, pseudonyms: Pseudonyms, corners: tuple[float, float] = (0.0, 0.0)) -> Cleaned:
    """Clean header and pixels of one mammogram.

    Args:
        path: the original; it is only read.
        pseudonyms: of the key.
        corners: see :func:`~mammo_monai.deidentification.burned_in.find_writing`.

    Raises:
        MammoError: it has to be left out; ``reason`` says why, the message names the file.
    """
    try:
        return _deidentify(path, pseudonyms, corners)
    except MammoError as error:
        raise MammoError(f"{path}: {error}", error.reason) from error
    except Exception as error:  # whatever a damaged file makes a library raise: it stays here
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise MammoError(f"{path}: cannot be read ({why[:200]}); copy or export it again", "unreadable") from error


def target(header: Dataset, pseudonyms: Pseudonyms) -> str:
    """Path of the new file by pseudonyms.

    Raises:
        MammoError: ``no-patient-id`` or ``no-uid``. Without a patient's id her exams could not be kept together, and
            so not apart from the test set either.
    """
    patient = "\\".join(texts(header, "PatientID"))
    uids = [str(header.get(keyword) or "").strip(" \0") for keyword in ("StudyInstanceUID", "SOPInstanceUID")]
    if not patient.strip("\\ "):
        raise MammoError("it has no Patient ID; put one in, the same for all exams of one woman", "no-patient-id")
    if not all(uids):
        raise MammoError("it has no Study or SOP Instance UID; export it again", "no-uid")
    study, image = (pseudonyms.name("file", uid) for uid in uids)
    return f"{pseudonyms.patient(patient)}/{study}/{image}.dcm"


def _deidentify(path: Path, pseudonyms: Pseudonyms, corners: tuple[float, float]) -> Cleaned:
    data = path.read_bytes()
    if not looks_like_dicom(data[:132]):
        raise MammoError("not a DICOM file; leave it out or convert it", "not-dicom")
    file = open_header(path, io.BytesIO(data))
    header = file.dataset
    name = target(header, pseudonyms)
    _check(file)
    words, passed_on = pixel_data.read(file)
    before = _shown(words, file)
    breast = find_breast(before, "its pixels")
    writing = find_writing(_air_dark(words, file), breast, corners)
    cleaned = pixel_data.without_unused_bits(words, header)
    if writing.mask.any():
        cleaned = np.where(writing.mask, cleaned[writing.air], cleaned)
    altered = not np.array_equal(cleaned, words)
    written = pixel_data.write(cleaned, file) if altered else passed_on
    new = profile.clean(header, profile.patient_of(header, pseudonyms))
    burned_in = _burned_in(header, altered)
    if burned_in:
        new.BurnedInAnnotation = burned_in
    new.DeidentificationMethodCodeSequence = profile.codes()
    written.put(new)
    gone = header.keys() - new.keys()
    return Cleaned(
        name,
        file_bytes(new, written.syntax, IMPLEMENTATION),
        writing.boxes if altered else [],
        altered,
        burned_in,
        len(gone),
        sum(tag.is_private for tag in gone),
        written.syntax,
        before,
        _shown(cleaned, file),
    )


def _check(file: DicomFile) -> None:
    """Refuse what is no single projection image, before a pixel is decoded."""
    header = file.dataset
    check_header(header, allow={"special-view"})
    if header.get("SOPClassUID") not in PROJECTIONS:
        raise MammoError("its SOP class is no projection image (secondary capture, report, volume...)", "sop-class")
    if file.stream is None:
        raise MammoError("it has no pixel data; export it again with the image", "no-pixel-data")
    check_size(int(header.get("Rows") or 0), int(header.get("Columns") or 0), MAX_PIXELS, ())
    check_words(file, frame_count(header))


def _shown(words: Image, file: DicomFile) -> Image:
    """As displayed with the first VOI: 0..65535 = black..white."""
    rendered = rendering(file.dataset)
    table = pixels.table(rendered, choose(rendered, "first"))
    return pixels.apply_table(words.copy(), np.rint(table).astype(np.uint16))


def _air_dark(words: Image, file: DicomFile) -> Image:
    """Stored values, negated where the lowest is white: no window, rescale or padding hides anything."""
    rendered = rendering(file.dataset)
    values = rendered.words.values()[rendered.words.patterns()].astype(np.float32)
    return np.take(-values if rendered.inverse else values, words)


def _burned_in(header: Dataset, altered: bool) -> str:
    """YES where the header says so and nothing was found: then it is on the breast, where nothing is touched.

    Else nothing is said: NO would be a promise about the breast itself, which only a reviewer can make.
    """
    stated = "".join(texts(header, "BurnedInAnnotation")[:1]).upper()
    return "YES" if stated == "YES" and not altered else ""
