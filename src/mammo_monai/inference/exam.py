"""Exams in a folder: which files are mammograms and belong together, and why others are left out."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mammo_monai.datasets.folder import find_images
from mammo_monai.dicom.header import looks_like_dicom, open_header
from mammo_monai.dicom.image import read_tags
from mammo_monai.dicom.refusals import refusals
from mammo_monai.dicom.tags import tags
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.identity import identify

DICOM_START: Final = 132
"""Bytes that tell a DICOM file from others."""


@dataclass(frozen=True, slots=True)
class Exam:
    """The images of one exam: posix paths relative to ``root``, in order.

    Mammograms that no network of standard views can judge (raw data, tomosynthesis, magnifications) are among them: the
    result then has a row that says why, and nobody takes the view for missing.
    """

    root: Path
    patient: str
    exam: str
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The exams of a folder, and "reason: message" of every file that is in none, by path."""

    exams: tuple[Exam, ...]
    left_out: Mapping[str, str]


def find_exams(root: Path) -> Found:
    """The exams below a folder, by Study Instance UID of each file (without one, by folder).

    Headers are read, no pixel. A file is in no exam when it is no image, none of a breast, without pixel data, has the
    SOP Instance UID of an earlier one (``duplicate``; links that lead out of ``root`` come last, so that none takes the
    place of a file inside), or when its study names several patients (``patient-conflict``): whose exam that is nobody
    should guess.

    Args:
        root: searched at any depth, hidden files and DICOMDIR left out; or one file.

    Raises:
        MammoError: ``root`` does not exist or is empty.
    """
    base = root.absolute() if root.is_dir() else root.absolute().parent
    items = _inside_first(find_images(str(root)), base.resolve())
    exams: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    left_out: dict[str, str] = {}
    of_sop: dict[str, str] = {}
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for found in pool.map(_looked_at, items):
            path, sop = found["path"], found.get("sop", "")
            if "error" in found:
                left_out[path] = found["error"]
            elif sop and sop in of_sop:
                left_out[path] = f"duplicate: {base / path}: has the SOP Instance UID of {of_sop[sop]}; delete one"
            else:
                of_sop[sop] = path
                exams[found["exam"]].append(found)
    kept = []
    for exam, images in exams.items():
        patients = sorted({image["patient"] for image in images})
        paths = sorted(image["path"] for image in images)
        if len(patients) == 1:
            kept.append(Exam(base, patients[0], exam, tuple(paths)))
        else:
            left_out |= {path: _of_several(base / path, patients) for path in paths}
    return Found(tuple(sorted(kept, key=lambda exam: (exam.patient, exam.exam))), left_out)


def _inside_first(items: Sequence[Mapping[str, str]], base: Path) -> list[Mapping[str, str]]:
    """The same, by name, those behind links that lead out of ``base`` last."""
    return sorted(items, key=lambda item: not Path(item["image"]).resolve().is_relative_to(base))


def _of_several(path: Path, patients: Sequence[str]) -> str:
    names = " and ".join(repr(name) for name in patients)
    return f"patient-conflict: {path}: its study names the patients {names}; correct Patient ID"


def _looked_at(item: Mapping[str, str]) -> Mapping[str, str]:
    """Identity of an image, or its path and the error."""
    try:
        return identify(item, _header(Path(item["image"])))
    except MammoError as error:
        return {"path": item["path"], "error": f"{error.reason}: {error}"}
    except Exception as error:  # whatever a damaged header makes pydicom raise
        why = f"its header cannot be read ({type(error).__name__}); copy it again"
        return {"path": item["path"], "error": f"unreadable: {item['image']}: {why}"}


def _header(path: Path) -> Mapping[str, Any]:
    """What a mammogram says of itself."""
    with path.open("rb") as stream:
        if not looks_like_dicom(stream.read(DICOM_START)):
            return read_tags(path)
        stream.seek(0)
        file = open_header(path, stream)
        if file.stream is None:
            raise MammoError(f"{path}: it has no pixel data; it is no image", "no-pixel-data")
    against = dict(refusals(file.dataset)).get("other-modality")
    if against:
        raise MammoError(f"{path}: {against}; it is in no exam", "other-modality")
    return tags(file.dataset)
