"""Phantom exams in the folder and CSV layout of VinDr-Mammo.

Source of the layout: Nguyen et al., "VinDr-Mammo", Scientific Data 10:277 (2023), section Data Records.
As there, a study stands for a patient. Unlike there, findings of BI-RADS 2 have boxes: a phantom's truth is
complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mammo_monai.phantom.dicom_writer import encoding, identifier, write_dicom
from mammo_monai.phantom.film import Film, expose
from mammo_monai.phantom.layouts import Row, Tables, csv_text
from mammo_monai.phantom.plan import LATERALITIES, VIEWS, Exam

FINDINGS, BREASTS, METADATA = "finding_annotations.csv", "breast-level_annotations.csv", "metadata.csv"
TABLES = (FINDINGS, METADATA, BREASTS)
_IMAGE = ("laterality", "view_position", "height", "width", "breast_birads", "breast_density")
_FINDING = ("finding_categories", "finding_birads", "xmin", "ymin", "xmax", "ymax")
COLUMNS = {
    BREASTS: ("study_id", "series_id", "image_id", *_IMAGE, "split"),
    METADATA: (
        "SOP Instance UID",
        "Series Instance UID",
        "Patient's Age",
        "Manufacturer",
        "Manufacturer's Model Name",
    ),
    FINDINGS: ("image_id", "study_id", "series_id", *_IMAGE, *_FINDING, "split"),
}


def image_path(exam: Exam, laterality: str, view: str) -> Path:
    """Where VinDr-Mammo keeps this image, relative to the data set's root."""
    return Path("images") / identifier(exam).hex / f"{identifier(exam, laterality, view).hex}.dicom"


def files(exam: Exam) -> list[Path]:
    """The exam's four images."""
    return [image_path(exam, side, view) for side in LATERALITIES for view in VIEWS]


def write_exam(root: Path, exam: Exam, rows: int, cols: int) -> Tables:
    """Write four DICOM files; return their rows of the tables."""
    breasts: list[Row] = []
    findings: list[Row] = []
    metadata: list[Row] = []
    for side in LATERALITIES:
        for view in VIEWS:
            path = root / image_path(exam, side, view)
            path.parent.mkdir(parents=True, exist_ok=True)
            film = expose(exam, side, view, rows, cols)
            write_dicom(path, exam, side, view, film.brightness, encoding(exam, side, view))
            breasts.append(_breast_row(exam, side, view, rows, cols))
            metadata.append(_metadata_row(exam, side, view))
            findings += [{**breasts[-1], **marked} for marked in _finding_rows(film)]
    return {BREASTS: breasts, FINDINGS: findings, METADATA: metadata}


def table(name: str, rows: Sequence[Row]) -> str:
    """One of the CSV files."""
    return csv_text(COLUMNS[name], rows)


def _breast_row(exam: Exam, laterality: str, view: str, rows: int, cols: int) -> Row:
    return {
        "study_id": identifier(exam).hex,
        "series_id": identifier(exam, "series").hex,
        "image_id": identifier(exam, laterality, view).hex,
        "laterality": laterality,
        "view_position": view,
        "height": rows,
        "width": cols,
        "breast_birads": f"BI-RADS {exam.birads[laterality]}",
        "breast_density": f"DENSITY {exam.density}",
        "split": exam.split,
    }


def _metadata_row(exam: Exam, laterality: str, view: str) -> Row:
    """What VinDr-Mammo took from the DICOM header; its UIDs are its ids, so they are here."""
    return {
        "SOP Instance UID": identifier(exam, laterality, view).hex,
        "Series Instance UID": identifier(exam, "series").hex,
        "Patient's Age": f"{exam.age:03d}Y",
        "Manufacturer": "mammo-monai",
        "Manufacturer's Model Name": "Phantom",
    }


def _finding_rows(film: Film) -> list[Row]:
    """One row per box; one row "['No Finding']" without a box for an image that shows none."""
    if not film.findings:
        return [{"finding_categories": str(["No Finding"])}]
    return [
        {
            "finding_categories": str(list(marked.categories)),
            "finding_birads": f"BI-RADS {marked.birads}" if marked.birads else "",
            **dict(zip(("xmin", "ymin", "xmax", "ymax"), map(float, marked.box), strict=True)),
        }
        for marked in film.findings
    ]
