"""Phantoms with a whole hospital's worth of identities in their headers and more text burned in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from mammo_monai.deidentification.pseudonyms import Pseudonyms
from mammo_monai.dicom.part10 import file_bytes
from mammo_monai.phantom.breast import draw_outline, lay_out
from mammo_monai.phantom.dicom_writer import Encoding, write_dicom
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.plan import plan_exams
from mammo_monai.phantom.presentation import VOIS
from mammo_monai.phantom.transfer_syntax import TRANSFER_SYNTAXES

TEXTS = ("PN", "LO", "SH", "DA", "UI", "LT", "ST", "UT", "UC", "TM", "DT", "AE", "UR")
STANDARD = "1.2.840.10008."
# Originals that may be found again: what the profile keeps as text, and UIDs that the standard itself defines.
KEPT_TEXT = {
    "Manufacturer", "ManufacturerModelName", "SoftwareVersions", "FilterType", "RescaleType", "ModalityLUTType",
    "WindowCenterWidthExplanation", "LUTExplanation", "CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion",
    "CodeMeaning",
}  # fmt: skip


@pytest.fixture(scope="session")
def pseudonyms() -> Pseudonyms:
    return Pseudonyms(bytes(range(40)))


def item(**elements: Any) -> Dataset:
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def identify(data: Dataset, patient: str = "MRN-4711-X") -> None:
    """Identities in every place where hospitals leave them."""
    data.PatientName, data.PatientID = "Featherstone^Wilhelmina^^Dr", patient
    data.OtherPatientIDs, data.IssuerOfPatientID = ["SSN-123-45-6789", "ALT-99"], "St. Elsewhere"
    data.PatientBirthDate, data.PatientBirthTime, data.PatientAge = "19510203", "041500", "068Y"
    data.PatientAddress, data.PatientComments = "12 Privet Drive", "Wilhelmina is afraid of needles"
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = "20200317"
    data.StudyTime, data.AcquisitionDateTime = "101112.123", "20200317101112.5"
    data.AccessionNumber, data.StudyID, data.StationName = "ACC0815", "STUDY42", "ROOM7MAMMO"
    data.InstitutionName, data.InstitutionAddress = "Saint Elsewhere Hospital", "Elm Street 1"
    data.ReferringPhysicianName, data.OperatorsName = "Quincy^Jack", ["Ratched^Mildred", "Hyde^Edward"]
    data.StudyDescription, data.SeriesDescription = "Screening W. Featherstone", "R MLO for Quincy"
    data.DeviceSerialNumber, data.DetectorID, data.ProtocolName = "SN-778899", "DET-4456", "Featherstone special"
    data.RetrieveURL = "https://pacs.elsewhere.example/4711"
    data.SourceImageSequence = Sequence(
        [item(ReferencedSOPClassUID=STANDARD + "5.1.4.1.1.1.2.1", ReferencedSOPInstanceUID="1.2.392.200036.9116.77")]
    )
    data.RequestAttributesSequence = Sequence(
        [item(RequestedProcedureID="REQ-5150", ScheduledProcedureStepDescription="Featherstone follow-up")]
    )
    data.AnatomicRegionSequence[0].CodeMeaning = "Breast of Featherstone"
    data.IconImageSequence = Sequence([item(Rows=2, Columns=4, BitsAllocated=8, PixelData=b"ICONFACE")])
    data.OriginalAttributesSequence = Sequence(
        [item(ModifiedAttributesSequence=Sequence([item(PatientName="Featherstone^Maiden")]))]
    )
    block = data.private_block(0x0045, "ELSEWHERE PRIVATE 01", create=True)
    block.add_new(0x10, "LO", "Wilhelmina private")
    block.add_new(0x11, "SQ", Sequence([item(PatientName="Nested^Private", StudyDate="20191231")]))
    data.add_new(0x60003000, "OW", b"OVERLAYDRAWING..")
    data.add_new(0x60004000, "LT", "Overlay comment on Featherstone")
    data.add_new(0x50003000, "OW", b"CURVE DATA 12345")


def burn(brightness: np.ndarray, inside: np.ndarray, lines: int, rng: np.random.Generator, near: float) -> np.ndarray:
    """Write ``lines`` lines of text into the air, ``near`` (share of the height) or more from the breast."""
    rows, cols = brightness.shape
    away = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    text = brightness >= 0.999
    for _ in range(lines):
        for _ in range(300):
            scale = rows / 800 * rng.uniform(0.5, 1.1)
            place = int(rng.integers(0, int(cols * 0.9))), int(rng.integers(15, rows))
            stamp = np.zeros(brightness.shape, np.uint8)
            cv2.putText(stamp, "SMITH^J 1951", place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, max(1, round(scale)))
            if (stamp > 127).sum() > 30 and away[stamp > 127].min() >= max(2, near * rows):
                text |= stamp > 127
                break
    brightness[text] = 1.0
    return text


Made = tuple[Path, np.ndarray, np.ndarray]


@pytest.fixture(scope="session")
def make() -> Callable[..., Made]:
    """``make(path, turn, ...)`` writes a phantom; returns it with masks of its text and of the breast."""

    def made(
        path: Path, turn: int = 0, *, rows: int = 320, cols: int = 256, lines: int = 3, inverted: bool | None = None,
        near: float = 0.02, change: Callable[[Dataset], None] = lambda data: None, identities: bool = True,
    ) -> Made:  # fmt: skip
        exam = plan_exams(turn // 4 + 1, 5)[turn // 4]
        side, view = "LR"[turn % 2], ("CC", "MLO")[turn // 2 % 2]
        film = expose(exam, side, view, rows, cols)
        outline = draw_outline(view, cols / rows, exam.rng(0, "LR".index(side), ("CC", "MLO").index(view)))
        inside = lay_out(outline, rows, cols).thickness > 0
        inside = inside if side == "L" else inside[:, ::-1]
        text = burn(film.brightness, inside, lines, np.random.default_rng(turn), near)
        syntax = TRANSFER_SYNTAXES[turn % len(TRANSFER_SYNTAXES)]
        how = Encoding(syntax, VOIS[turn % len(VOIS)], turn % 3 == 2 if inverted is None else inverted)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_dicom(path, exam, side, view, film.brightness, how)
        data = pydicom.dcmread(path)
        if identities:
            identify(data)
        change(data)
        path.write_bytes(file_bytes(data, syntax.uid, "1.2.3.4.5.6.7.8.9"))
        return path, text, inside

    return made


def strings(data: Dataset) -> Iterator[tuple[str, str, str]]:
    """(keyword, VR, text) of every text element at any depth; components of names and values one by one."""
    for element in data:
        if element.VR == "SQ":
            for part in element.value:
                yield from strings(part)
        elif element.VR in TEXTS:
            values = element.value if element.VM > 1 else [element.value]
            for value in values:
                yield element.keyword, element.VR, str(value)
                if element.VR == "PN":
                    for component in str(value).split("^"):
                        yield element.keyword, element.VR, component


def survivors(original: Path, new: bytes) -> list[tuple[str, str]]:
    """Texts of ``original`` that are found in the bytes ``new``, unless they are of those that may be."""
    data = pydicom.dcmread(original)
    held = [*strings(data), *strings(data.file_meta)]
    allowed = {text for keyword, _, text in held if keyword in KEPT_TEXT}
    wanted = {(key, text) for key, _, text in held if text not in allowed and not text.startswith(STANDARD)}
    return [(key, text) for key, text in wanted if len(text) >= 4 and text.encode() in new]
