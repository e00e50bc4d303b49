"""CMMD, the Chinese Mammography Database (TCIA, 2021): 5,202 digital images of 1,775 women, biopsy confirmed.

Holds ``CMMD/<ID1>/<date>/<series>/1-1.dcm`` and ``CMMD_clinicaldata_revision.xlsx`` (or the same saved as
.csv), one row per breast with a biopsy: ID1, LeftRight, Age, number, abnormality (mass, calcification, both),
classification (Benign, Malignant), subtype (molecular, for 749 patients). No BI-RADS, no density, no outlines.

Read as: side and view are those of the DICOM tags, because the table knows breasts, not images; so the files
must be there and are opened. An image has its breast's class; the other breast of a patient has no row, and its
class is unknown, not normal. Files are found at any depth; a patient is the folder named like D1-0001, else
PatientID. A file of a patient the table does not know is not listed ('mammo-monai verify' names it).

Noted: "no-side" on an image whose tags name no side or cannot be read; "breast-without-images" on the one record that
stands for a breast of the table no file was found for (its image is ``CMMD/<ID1>/<side>``, which counts as
missing), so that half a download keeps its counts. Left out, as "side-doubtful": all images of nine patients in
whom the tagged side of an image contradicts its pixels (D1-0252, D1-0690, D1-0711, D1-0999, D2-0041, D2-0112,
D2-0224, D2-0229, D2-0642, as independent public revisions of the images found, TOMPEI-CMMD among them). Their
label hangs on that side, and which of the two is wrong is not for a reader of files to guess. Ten rows that TOMPEI-CMMD
moves to the other breast are kept as CMMD states them.

Options: ``table``, another name of the clinical table within the root.

Licence: CC BY 4.0. Cite: C. Cui et al., "The Chinese Mammography Database (CMMD)", The Cancer Imaging Archive
(2021), doi:10.7937/tcia.eqde-4b16. Obtain: https://www.cancerimagingarchive.net/collection/cmmd/.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from mammo_monai.datasets import values
from mammo_monai.datasets.records import Record
from mammo_monai.datasets.tables import Row, read_table, rows_by
from mammo_monai.dicom.image import read_tags
from mammo_monai.dicom.tags import BLANK, Meta
from mammo_monai.errors import MammoError

PUBLISHED = {"patients": 1_775, "images": 5_202}

_TABLES = ("CMMD_clinicaldata_revision.xlsx", "CMMD_clinicaldata_revision.csv")
_COLUMNS = ("ID1", "LeftRight", "Age", "abnormality", "classification", "subtype")
_PATIENT = re.compile(r"D[12]-\d{4}")
_DOUBTFUL = frozenset("D1-0252 D1-0690 D1-0711 D1-0999 D2-0041 D2-0112 D2-0224 D2-0229 D2-0642".split())


def records(root: Path, *, table: str = "") -> list[Record]:
    """Every image file of a patient in the table, by path, then every breast without one.

    Raises:
        MammoError: the table is missing, lacks a column, holds a value that cannot be or states a breast twice.
    """
    breasts = rows_by(read_table(_table(root, table), _COLUMNS), {"ID1": str, "LeftRight": values.laterality})
    patients = {patient: row for (patient, _), row in reversed(breasts.items())}
    images = [
        _image(path, tags, patient, patients[patient], breasts)
        for path, tags in _tagged(root)
        for patient in [_patient(path, tags)]
        if patient in patients
    ]
    seen = {(image.patient, image.laterality) for image in images}
    return images + [_absent(row) for breast, row in breasts.items() if breast not in seen]


def _table(root: Path, name: str) -> Path:
    for path in map(root.joinpath, [name] if name else _TABLES):
        if path.is_file():
            return path
    raise MammoError(
        f"{root}: holds no {name or ' or '.join(_TABLES)}; download it beside the images or name it with --table",
        reason="missing-table",
    )


def _tagged(root: Path) -> Iterator[tuple[PurePosixPath, Meta]]:
    """Every DICOM file by path, and its tags (blank ones where they cannot be read)."""
    paths = sorted(path for path in root.rglob("*.dcm") if path.is_file())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        told = tqdm(pool.map(_tags, paths), "reading tags of cmmd", len(paths), unit="file", disable=None)
        yield from zip((PurePosixPath(path.relative_to(root).as_posix()) for path in paths), told, strict=True)


def _tags(path: Path) -> Meta:
    try:
        return read_tags(path)
    except MammoError:  # 'verify' opens it again and says what is wrong with it
        return BLANK


def _patient(path: PurePosixPath, tags: Meta) -> str:
    return next(filter(_PATIENT.fullmatch, path.parts), str(tags["patient"]))


def _image(path: PurePosixPath, tags: Meta, patient: str, row: Row, breasts: Mapping[tuple[str, ...], Row]) -> Record:
    side = str(tags["laterality"])
    breast = breasts.get((patient, side))
    told = {"vendor": str(tags["vendor"]), "device": str(tags["model"]), **_clinical(row, breast)}
    return Record(
        image=str(path),
        patient=patient,
        exam=str(tags["study"]) or patient,
        laterality=side or None,
        view=str(tags["view"]) or None,
        pathology=breast.get("classification", values.pathology) if breast else None,
        extra={name: text for name, text in told.items() if text},
        notes=() if side else ("no-side",),
        excluded="side-doubtful" if patient in _DOUBTFUL else None,
        source=(breast or row).source,
    )


def _absent(row: Row) -> Record:
    patient, side = row.need("ID1", str), row.need("LeftRight", values.laterality)
    return Record(
        image=f"CMMD/{patient}/{side}",
        patient=patient,
        exam=patient,
        laterality=side,
        pathology=row.get("classification", values.pathology),
        extra={name: text for name, text in _clinical(row, row).items() if text},
        notes=("breast-without-images",),
        excluded="side-doubtful" if patient in _DOUBTFUL else None,
        source=row.source,
    )


def _clinical(row: Row, breast: Row | None) -> dict[str, str | None]:
    """The age of the patient, and what is said of the breast."""
    return {
        "age": row.get("Age", values.age),
        "abnormality": breast.get("abnormality", str.lower) if breast else None,
        "subtype": breast.get("subtype", str) if breast else None,
    }
