"""Any table of images with named columns: your own data, one row per image.

Options (each names a column of the table; without one, the column of the option's own name is used where
there is one): ``image`` and ``patient`` are needed; ``exam`` (the patient if absent), ``laterality``,
``view``, ``birads``, ``pathology``, ``density``, ``split`` (training, validation, test) may be absent.
``csv`` is the table: a path, or a name within the root. Image paths are relative to the root. All other
columns stay in ``extra``, so a label map's ``source_field`` may name any of them. Delimiter and encoding are
found out. An empty cell is unknown.

Counts, licence and citation are those of your data.
"""

from __future__ import annotations

from pathlib import Path

from mammo_monai.datasets import values
from mammo_monai.datasets.records import Record
from mammo_monai.datasets.tables import Row, read_table
from mammo_monai.errors import MammoError

PUBLISHED: dict[str, int] = {}

_NEEDED = ("image", "patient")


def records(
    root: Path,
    csv: str = "",
    *,
    image: str = "",
    patient: str = "",
    exam: str = "",
    laterality: str = "",
    view: str = "",
    birads: str = "",
    pathology: str = "",
    density: str = "",
    split: str = "",
) -> list[Record]:
    """Every row of the table, in its order.

    Raises:
        MammoError: no table named, a named or needed column is missing, or a cell holds what cannot be.
    """
    if not csv:
        raise MammoError("data set table: name the table with --csv FILE", "usage")
    path = Path(csv) if Path(csv).is_file() else root / csv
    asked = {
        "image": image,
        "patient": patient,
        "exam": exam,
        "laterality": laterality,
        "view": view,
        "birads": birads,
        "pathology": pathology,
        "density": density,
        "split": split,
    }
    needed = [asked[field] or field for field in asked if asked[field] or field in _NEEDED]
    rows = read_table(path, needed)
    present = rows[0].cells
    columns = {field: name for field in asked if (name := asked[field] or field) in present}
    return [_record(row, columns) for row in rows]


def _record(row: Row, columns: dict[str, str]) -> Record:
    column = columns.get
    patient = row.need(columns["patient"], str)
    used = set(columns.values())
    return Record(
        image=row.need(columns["image"], str).replace("\\", "/"),
        patient=patient,
        exam=row.get(column("exam"), str) or patient,
        laterality=row.get(column("laterality"), values.laterality),
        view=row.get(column("view"), values.view),
        birads=row.get(column("birads"), values.birads),
        pathology=row.get(column("pathology"), values.pathology),
        density=row.get(column("density"), values.density),
        split=row.get(column("split"), values.section),
        extra={name: text for name, text in row.cells.items() if name not in used},
        source=row.source,
    )
