"""VinDr-Mammo: 5,000 four-view digital exams (20,000 DICOM images), Hanoi, 2018-2020, double read.

Holds ``images/<study_id>/<image_id>.dicom``, ``breast-level_annotations.csv`` (one row per image: BI-RADS
1..5 and ACR density of its breast; 13,406 / 4,676 / 930 / 762 / 226 images; an official split of 16,000
training and 4,000 test) and ``finding_annotations.csv`` (2,254 boxes on 1,768 images, BI-RADS 3 and above,
ten categories).

Read as: a patient is a study, because no identifier joins studies of one woman; ``finding_categories`` is the
printed list of one or several names; a box is clipped to its image (22 have a negative corner, 21 pass the
edge); 125 boxes have no BI-RADS, which stays unknown; a "No Finding" row is no finding.

Licence: PhysioNet restricted access under a data use agreement; its tables may not be passed on. Cite: H. T.
Nguyen et al., "VinDr-Mammo: A large-scale benchmark dataset for computer-aided diagnosis in full-field
digital mammography", Scientific Data 10 (2023), 277. Obtain: https://physionet.org/content/vindr-mammo/.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from mammo_monai.datasets import values
from mammo_monai.datasets.records import Finding, Record
from mammo_monai.datasets.tables import Row, read_table
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
_FINDING = (
    "image_id",
    "height",
    "width",
    "finding_categories",
    "finding_birads",
    "xmin",
    "ymin",
    "xmax",
    "ymax",
)


def records(root: Path) -> list[Record]:
    """Every image of ``breast-level_annotations.csv``, with its findings, in the table's order.

    Raises:
        MammoError: a table is missing, lacks a column or holds a value that cannot be; a finding of an
            unlisted image.
    """
    breasts = read_table(root / "breast-level_annotations.csv", _BREAST)
    listed = {row.need("image_id", str) for row in breasts}
    findings: dict[str, list[Finding]] = defaultdict(list)
    for row in read_table(root / "finding_annotations.csv", _FINDING):
        image = row.need("image_id", str)
        if image not in listed:
            raise row.wrong("image_id", "an image of breast-level_annotations.csv")
        categories = row.need("finding_categories", values.names)
        if categories != ("No Finding",):
            findings[image].append(_finding(row, categories))
    return [_image(row, tuple(findings[row.cells["image_id"]])) for row in breasts]


def _image(row: Row, findings: tuple[Finding, ...]) -> Record:
    study = row.need("study_id", str)
    return Record(
        image=f"images/{study}/{row.need('image_id', str)}.dicom",
        patient=study,
        exam=study,
        laterality=row.get("laterality", values.laterality),
        view=row.get("view_position", values.view),
        birads=row.get("breast_birads", values.birads),
        density=row.get("breast_density", values.density),
        findings=findings,
        split=row.get("split", values.section),
        extra={name: row.cells[name] for name in ("series_id", "height", "width")},
        source=row.source,
    )


def _finding(row: Row, categories: tuple[str, ...]) -> Finding:
    height, width = row.need("height", values.number), row.need("width", values.number)
    row_min, row_max = (min(max(row.need(edge, values.number), 0.0), height) for edge in ("ymin", "ymax"))
    col_min, col_max = (min(max(row.need(edge, values.number), 0.0), width) for edge in ("xmin", "xmax"))
    if row_min >= row_max or col_min >= col_max:
        raise MammoError(
            f"{row.path}, line {row.line}: the box (xmin, ymin, xmax, ymax) holds no pixel of its image; "
            "correct the table",
            reason="bad-value",
        )
    return Finding(
        categories,
        box=(row_min, col_min, row_max, col_max),
        birads=row.get("finding_birads", values.birads),
    )
