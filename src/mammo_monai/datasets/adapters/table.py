"""Any table of images with named columns: your own data, one row per image.

Options (each names a column of the table; without one, the column of the option's own name is used where
there is one): ``image`` and ``patient`` are needed; ``exam`` (the patient if absent), ``laterality``,
``view``, ``birads``, ``pathology``, ``density``, ``split`` (training, validation, test), ``age`` (years or as
in DICOM, "053Y"), ``vendor``, ``device`` and ``site`` may be absent. ``csv`` is the table: a path, or a name
within the root; an Excel workbook will do. Image paths are relative to the root. All other columns stay in
``extra``, so a label map's ``source_field`` may name any of them. Delimiter and encoding are found out. An
empty cell is unknown.

Counts, licence and citation are those of your data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mammo_monai.datasets import values
from mammo_monai.datasets.records import Record
from mammo_monai.datasets.tables import Row, read_table
from mammo_monai.errors import MammoError

PUBLISHED: dict[str, int] = {}

_NEEDED = ("image", "patient")
_EXTRA: dict[str, Callable[[str], str]] = {"age": values.age, "vendor": str, "device": str, "site": str}


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
    age: str = "",
    vendor: str = "",
    device: str = "",
    site: str = "",
) -> list[Record]:
    """Every row of the table, in its order.

    Raises:
        MammoError: no table named, a named or needed column is missing, or a cell holds what cannot be.
    """
    if not csv:
        raise MammoError("data set table: name the table with --csv FILE", "usage")
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
        "age": age,
        "vendor": vendor,
        "device": device,
        "site": site,
    }
    path = Path(csv) if Path(csv).is_file() else root / csv
    rows = read_table(path)
    columns = _columns(path, asked, rows[0].cells)
    return [_record(row, columns) for row in rows]


def _columns(path: Path, asked: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """The column of each field that has one."""
    for field, name in asked.items():
        column = name or field
        if column not in present and (name or field in _NEEDED):
            raise MammoError(
                f"{path}: no column {column!r}; name the one that holds the {field} with --{field} NAME; "
                f"it has {', '.join(map(repr, present))}",
                reason="missing-column",
            )
    return {field: column for field, name in asked.items() if (column := name or field) in present}


def _record(row: Row, columns: Mapping[str, str]) -> Record:
    column = columns.get
    patient = row.need(columns["patient"], str)
    used = set(columns.values())
    told = {name: row.get(column(name), parse) for name, parse in _EXTRA.items()}
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
        extra={name: text for name, text in row.cells.items() if name not in used}
        | {name: text for name, text in told.items() if text},
        source=row.source,
    )
