"""The DICOM objects that a result is about, as far as a report needs their headers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.uid import UID
from pydicom.valuerep import PersonName

from mammo_monai.dicom.header import looks_like_dicom, open_header
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ImageResult

UTF8: Final = "ISO_IR 192"
UIDS: Final = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
# Type 2 attributes that a copy must have, empty where the source lacks them (PS3.3 C.7.1.1, C.7.2.1).
IDENTITY: Final = ("PatientID", "PatientName", "PatientBirthDate", "PatientSex")
STUDY: Final = ("StudyDate", "StudyTime", "AccessionNumber", "StudyID", "ReferringPhysicianName")
# Values whose form is checked; a value of another form is left empty, because no reader could use it.
FORMS: Final = {
    "DA": r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])",
    "TM": r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?",
    "AS": r"\d{3}[DWMY]",
}
# Of the patient and study modules: what identifies, and what readers use. Copied where the source has them.
OPTIONAL: Final = (
    "IssuerOfPatientID",
    "PatientAge",
    "PatientBirthTime",
    "PatientComments",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "StudyDescription",
)


@dataclass(frozen=True, slots=True)
class Source:
    """One source object: ``evidence`` has its UIDs, patient and study, ``header`` everything before its pixels."""

    evidence: Dataset
    header: Dataset


def read_sources(images: Iterable[ImageResult], root: Path) -> tuple[dict[str, Source], dict[str, str]]:
    """The sources of a result's images by path, and why an image has none that a report could refer to.

    Raises:
        MammoError: ``several-studies`` or ``several-patients``, which one report cannot hold; ``other-image``, a file
            was exchanged since; ``bad-path``, one that leaves ``root``.
    """
    sources: dict[str, Source] = {}
    without: dict[str, str] = {}
    for name, sop in {image.path: image.sop for image in images}.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise MammoError(f"{name}: expected a file below {root}; give paths relative to it", "bad-path")
        try:
            header = _header(root / name)
        except MammoError as error:
            without[name] = str(error)
        else:
            if sop and sop != header.SOPInstanceUID:
                raise MammoError(
                    f"{root / name}: is not the image that the result is of (SOP Instance UID {header.SOPInstanceUID}, "
                    f"expected {sop}); give the folder that was predicted",
                    "other-image",
                )
            sources[name] = Source(_evidence(header), header)
    _check_one(sources, "StudyInstanceUID", "several-studies")
    _check_one(sources, "PatientID", "several-patients")
    if not any(source.evidence.PatientID for source in sources.values()):
        _check_one(sources, "PatientName", "several-patients")
    return sources, without


def _check_one(sources: Mapping[str, Source], keyword: str, reason: str) -> None:
    first: dict[str, str] = {}
    for name, source in sources.items():
        first.setdefault(str(source.evidence.get(keyword)), name)
    if len(first) > 1:
        raise MammoError(
            f"{' and '.join(list(first.values())[:2])}: {keyword} differs; a report is of one patient and study, "
            "write each by itself",
            reason,
        )


def _header(path: Path) -> Dataset:
    """Everything before the pixels, texts decoded.

    Raises:
        MammoError: no DICOM object that others can refer to.
    """
    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that break conformance; what a report copies is checked
            if not looks_like_dicom(stream.read(132)):
                raise MammoError(f"{path.name} is no DICOM file", "not-dicom")
            stream.seek(0)
            header = open_header(path, stream).dataset
            header.decode()
    except MammoError:
        raise
    except OSError as error:
        raise MammoError(f"{path.name} cannot be read ({error.strerror})", "unreadable") from error
    except Exception as error:  # whatever a damaged header makes pydicom raise
        raise MammoError(f"the header of {path.name} cannot be read ({type(error).__name__})", "unreadable") from error
    for keyword in UIDS:
        if not UID(str(header.get(keyword) or "")).is_valid:
            raise MammoError(f"{path.name} has no valid {keyword}", "no-uid")
    return header


def _evidence(header: Dataset) -> Dataset:
    """UIDs, patient and study of a source in UTF-8, with every attribute that a copy must have."""
    evidence = Dataset()
    evidence.SpecificCharacterSet = UTF8
    for keyword in (*UIDS, "Modality"):
        setattr(evidence, keyword, str(header.get(keyword) or ""))
    for keyword in (*IDENTITY, *STUDY):
        setattr(evidence, keyword, _value(header, keyword))
    for keyword in OPTIONAL:
        if value := _value(header, keyword):
            setattr(evidence, keyword, value)
    return evidence


def _value(header: Dataset, keyword: str) -> Any:
    """A value as text, "" where it is missing or of a form that nobody can read."""
    if keyword not in header:
        return ""
    element = header[keyword]
    value = element.value
    if element.VR == "SQ":
        return value
    if isinstance(value, MultiValue):
        value = value[0] if element.VR == "PN" else "\\".join(map(str, value))
    text = "" if value is None else str(value).strip()
    if element.VR in FORMS and not re.fullmatch(FORMS[element.VR], text):
        return ""
    if keyword == "PatientSex":
        return text if text in ("M", "F", "O") else ""
    return PersonName(text) if element.VR == "PN" else text
