"""RSNA Screening Mammography Breast Cancer Detection (Kaggle, 2022): 54,706 images of 11,913 women, two sites.

Holds ``train.csv`` (one row per image, labels of its breast) and ``train_images/<patient>/<image>.dcm``,
usually four per woman, most in JPEG 2000; 1,158 images show a breast with cancer. The hidden test set has no
labels and is not read.

Read as: an exam is a woman, for no study is named. ``cancer`` 1 is malignant. ``cancer`` 0 is benign where a
biopsy was taken and unknown otherwise: that nobody looked is not normal. All flags stay in ``extra`` (cancer,
biopsy, invasive, implant, difficult_negative_case), so a label map may name ``cancer`` itself. ``BIRADS`` is
the breast's: 0 recalled, 1 negative, 2 normal; blank at one of the sites. Density is blank there, too. ``site``
is ``site_id`` and ``device`` ``machine_id``.

Options: ``files``, where an image lies below the root, for exports to other formats, such as
``--files "png/{patient}_{image}.png"``.

Licence: RSNA's terms of use, non-commercial purposes, no attempt to identify anyone. Cite: C. Carr et al.,
"RSNA Screening Mammography Breast Cancer Detection", Kaggle (2022). Obtain:
https://www.kaggle.com/competitions/rsna-breast-cancer-detection. Counts: as several public analyses of
``train.csv`` give them.
"""

from __future__ import annotations

from pathlib import Path

from mammo_monai.datasets import values
from mammo_monai.datasets.records import Record
from mammo_monai.datasets.tables import Row, read_table
from mammo_monai.errors import MammoError

PUBLISHED = {"patients": 11_913, "images": 54_706, "pathology malignant": 1_158}

_FLAGS = ("cancer", "biopsy", "invasive", "implant", "difficult_negative_case")
_COLUMNS = (
    "site_id",
    "patient_id",
    "image_id",
    "laterality",
    "view",
    "age",
    "BIRADS",
    "density",
    "machine_id",
    *_FLAGS,
)


def records(root: Path, *, files: str = "train_images/{patient}/{image}.dcm") -> list[Record]:
    """Every image of ``train.csv``, in its order.

    Raises:
        MammoError: the table is missing, lacks a column or holds a value that cannot be; ``files`` does not say
            which image.
    """
    if "{image}" not in files:
        raise MammoError(f"--files {files!r}: expected {{image}} in it, as in 'png/{{patient}}_{{image}}.png'", "usage")
    return [_record(row, files) for row in read_table(root / "train.csv", _COLUMNS)]


def _record(row: Row, files: str) -> Record:
    patient, image = row.need("patient_id", str), row.need("image_id", str)
    cancer, biopsy = row.need("cancer", values.flag), row.get("biopsy", values.flag)
    told = {
        "age": row.get("age", values.age),
        "site": row.get("site_id", str),
        "device": row.get("machine_id", str),
        **{name: row.get(name, values.flag) for name in _FLAGS},
    }
    return Record(
        image=files.replace("{patient}", patient).replace("{image}", image),
        patient=patient,
        exam=patient,
        laterality=row.get("laterality", values.laterality),
        view=row.get("view", values.view),
        birads=row.get("BIRADS", values.birads),
        pathology="malignant" if cancer == "1" else "benign" if biopsy == "1" else None,
        density=row.get("density", values.density),
        extra={name: text for name, text in told.items() if text},
        source=row.source,
    )
