"""VinDr-Mammo: 5,000 four-view digital exams (20,000 DICOM images), Hanoi, 2018-2020, double read.

Holds ``images/<study_id>/<image_id>.dicom``, ``breast-level_annotations.csv`` (one row per image: BI-RADS
1..5 and ACR density of its breast; 13,406 / 4,676 / 930 / 762 / 226 images; an official split of 16,000
training and 4,000 test), ``finding_annotations.csv`` (2,254 boxes on 1,768 images, BI-RADS 3 and above,
ten categories) and ``metadata.csv`` (DICOM attributes by SOP Instance UID, which is the ``image_id``).

Read as: a patient is a study, because no identifier joins studies of one woman; ``finding_categories`` is the
printed list of one or several names; 125 boxes have no BI-RADS, which stays unknown; a "No Finding" row is no
finding; age, vendor and device come from ``metadata.csv`` where it is there and says them. Corrected, and noted
on the image: a box is clipped to its image, "box-clipped" once per box (22 have a negative corner, 21 pass the
edge). Noted: "exam-not-four-views" on the images of an exam without the four standard views (there is one).

Licence: PhysioNet restricted access under a data use agreement; its tables may not be passed on. Cite: H. T.
Nguyen et al., "VinDr-Mammo: A large-scale benchmark dataset for computer-aided diagnosis in full-field
digital mammography", Scientific Data 10 (2023), 277. Obtain: https://physionet.org/content/vindr-mammo/.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from mammo_monai.datasets import values
from mammo_monai.datasets.counts import STANDARD_VIEWS
from mammo_monai.datasets.records import Finding, Record
from mammo_monai.datasets.tables import Row, read_table, rows_by
from mammo_monai.errors import MammoError

PUBLISHED = {
    "exams": 5_000,
    "exams with the four standard views": 4_999,
    "images": 20_000,
    "view CC": 10_001,
    "view MLO": 9_999,
    "birads 1": 13_406,
    "birads 2": 4_676,
    "birads 3": 930,
    "birads 4": 762,
    "birads 5": 226,
    "split training": 16_000,
    "split test": 4_000,
    "findings": 2_254,
    "findings with box": 2_254,
    "findings without birads": 125,
    "images with findings": 1_768,
}

_IMAGE = ("study_id", "series_id", "image_id", "laterality", "view_position", "height", "width")
_BREAST = (*_IMAGE, "breast_birads", "breast_density", "split")
_BOX = ("ymin", "xmin", "ymax", "xmax")
_FINDING = ("image_id", "height", "width", "finding_categories", "finding_birads", *_BOX)
_METADATA = {"age": "Patient's Age", "vendor": "Manufacturer", "device": "Manufacturer's Model Name"}
_UID = "SOP Instance UID"


def records(root: Path) -> list[Record]:
    """Every image of ``breast-level_annotations.csv``, with its findings, in the table's order.

    Raises:
        MammoError: a table is missing, lacks a column or holds a value that cannot be; a finding of an
            unlisted image.
    """
    breasts = read_table(root / "breast-level_annotations.csv", _BREAST)
    views = defaultdict(set)
    for row in breasts:
        views[row.cells["study_id"]].add(
            (row.get("laterality", values.laterality), row.get("view_position", values.view))
        )
    partial = {study for study, seen in views.items() if not seen >= STANDARD_VIEWS}
    findings, equipment = _findings(root, {row.need("image_id", str) for row in breasts}), _metadata(root)
    return [
        _image(row, findings[image], equipment.get(image, {}), row.cells["study_id"] in partial)
        for row in breasts
        for image in [row.cells["image_id"]]
    ]


def _findings(root: Path, listed: set[str]) -> dict[str, list[tuple[Finding, bool]]]:
    """Findings by image, and whether the box was clipped."""
    findings: dict[str, list[tuple[Finding, bool]]] = defaultdict(list)
    for row in read_table(root / "finding_annotations.csv", _FINDING):
        image = row.need("image_id", str)
        if image not in listed:
            raise row.wrong("image_id", "an image of breast-level_annotations.csv")
        categories = row.need("finding_categories", values.names)
        if categories != ("No Finding",):
            findings[image].append(_finding(row, categories))
    return findings


def _metadata(root: Path) -> dict[str, dict[str, str]]:
    """Age, vendor and device by image; nothing where there is no ``metadata.csv``."""
    table = root / "metadata.csv"
    rows = rows_by(read_table(table, [_UID]), {_UID: str}) if table.is_file() else {}
    return {image: _equipment(row) for (image,), row in rows.items()}


def _equipment(row: Row) -> dict[str, str]:
    columns = {name: column for name, column in _METADATA.items() if column in row.cells}
    told = {name: row.get(column, values.age if name == "age" else str) for name, column in columns.items()}
    return {name: text for name, text in told.items() if text}


def _image(row: Row, findings: list[tuple[Finding, bool]], equipment: dict[str, str], partial: bool) -> Record:
    study = row.need("study_id", str)
    return Record(
        image=f"images/{study}/{row.need('image_id', str)}.dicom",
        patient=study,
        exam=study,
        laterality=row.get("laterality", values.laterality),
        view=row.get("view_position", values.view),
        birads=row.get("breast_birads", values.birads),
        density=row.get("breast_density", values.density),
        findings=tuple(finding for finding, _ in findings),
        split=row.get("split", values.section),
        extra={name: row.cells[name] for name in ("series_id", "height", "width")} | equipment,
        notes=("box-clipped",) * sum(clipped for _, clipped in findings) + ("exam-not-four-views",) * partial,
        source=row.source,
    )


def _finding(row: Row, categories: tuple[str, ...]) -> tuple[Finding, bool]:
    height, width = row.need("height", values.number), row.need("width", values.number)
    drawn = tuple(row.need(edge, values.number) for edge in _BOX)
    sizes = (height, width, height, width)
    row_min, col_min, row_max, col_max = (min(max(edge, 0.0), size) for edge, size in zip(drawn, sizes, strict=True))
    if row_min >= row_max or col_min >= col_max:
        raise MammoError(
            f"{row.path}, line {row.line}: the box (xmin, ymin, xmax, ymax) holds no pixel of its image; "
            "correct the table",
            reason="bad-value",
        )
    box = (row_min, col_min, row_max, col_max)
    return Finding(categories, box=box, birads=row.get("finding_birads", values.birads)), box != drawn
