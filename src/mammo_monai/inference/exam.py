"""Exams in a folder: which files are standard mammograms and belong together, and why others are left out."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydicom.dataset import Dataset

from mammo_monai.datasets.folder import find_images
from mammo_monai.dicom.header import looks_like_dicom, open_header
from mammo_monai.dicom.image import read_tags
from mammo_monai.dicom.refusals import check_header
from mammo_monai.dicom.tags import tags
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.identity import identify

MAMMOGRAPHY: Final = "MG"
PROJECTIONS: Final = frozenset({"DX", "CR", "RG", "OT", "SC"})
"""Modalities under which film scans and careless exports come; taken when the file names the breast or its view."""


@dataclass(frozen=True, slots=True)
class Exam:
    """The images of one exam: posix paths relative to ``root``, in order."""

    root: Path
    patient: str
    exam: str
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The exams of a folder, and "reason: message" of every file that is in none, by path."""

    exams: tuple[Exam, ...]
    left_out: Mapping[str, str]


def find_exams(root: Path, allow: Collection[str] = ()) -> Found:
    """The exams below a folder, by patient and Study Instance UID of each file (without these, by folder).

    Headers are read, no pixel. A file stays out when it is no image, of another modality, without pixel data, or
    refused by :mod:`mammo_monai.dicom.refusals`; Modality and SOP Class alone decide nothing, because public data sets
    get both wrong.

    Args:
        root: searched at any depth, hidden files and DICOMDIR left out; or one file.
        allow: refusals to lift.

    Raises:
        MammoError: ``root`` does not exist or is empty.
    """
    items = find_images(str(root))
    base = root.absolute() if root.is_dir() else root.absolute().parent
    together: dict[tuple[str, str], list[str]] = defaultdict(list)
    left_out: dict[str, str] = {}
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for item, found in zip(items, pool.map(lambda item: _looked_at(item, allow), items), strict=True):
            if isinstance(found, MammoError):
                left_out[item["path"]] = f"{found.reason}: {found}"
            else:
                together[found["patient"], found["exam"]].append(item["path"])
    exams = (Exam(base, patient, exam, tuple(sorted(images))) for (patient, exam), images in together.items())
    return Found(tuple(sorted(exams, key=lambda exam: (exam.patient, exam.exam))), left_out)


def _looked_at(item: Mapping[str, str], allow: Collection[str]) -> dict[str, str] | MammoError:
    """Identity of an image, or why it is none."""
    try:
        return identify(item, _accepted(Path(item["image"]), allow))
    except MammoError as error:
        return error
    except Exception as error:  # whatever a damaged header makes pydicom raise
        return MammoError(f"{item['image']}: its header cannot be read ({type(error).__name__})", "unreadable")


def _accepted(path: Path, allow: Collection[str]) -> Mapping[str, Any]:
    """What the file says of itself."""
    with path.open("rb") as stream:
        if not looks_like_dicom(stream.read(132)):
            return read_tags(path)
        stream.seek(0)
        file = open_header(path, stream)
        reasons = list(_objections(file.dataset))
        if file.stream is None:
            raise MammoError(f"{path}: it has no pixel data; it is no image", "no-pixel-data")
    if reasons:
        raise MammoError(f"{path}: {reasons[0]}", "other-modality")
    try:
        check_header(file.dataset, allow)
    except MammoError as error:
        raise MammoError(f"{path}: {error}", error.reason) from None
    return tags(file.dataset)


def _objections(header: Dataset) -> Iterator[str]:
    """Why this is no mammogram by what it says of its kind; nothing where it says nothing."""
    modality = str(header.get("Modality") or "").strip().upper()
    if modality in ("", MAMMOGRAPHY):
        return
    breast = "BREAST" in str(header.get("BodyPartExamined") or "").upper() or tags(header)["view"] in ("CC", "MLO")
    if modality not in PROJECTIONS or not breast:
        yield f"Modality {modality}, expected a mammogram (MG)"
