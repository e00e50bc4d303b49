"""The rows of CBIS-DDSM's case-description tables: one abnormality on one view each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mammo_monai.datasets import values
from mammo_monai.datasets.tables import Row, read_table
from mammo_monai.errors import MammoError

_PARTS = {"train": ("Training", "training"), "test": ("Test", "test")}  # word in series names, section
_DENSITY = ("breast_density", "breast density")  # of the mass tables, of the calcification tables
_PATHS = ("image file path", "cropped image file path", "ROI mask file path")
_COLUMNS = (
    "patient_id", "left or right breast", "image view", "abnormality id", "abnormality type",
    "assessment", "pathology", "subtlety", *_PATHS,
)  # fmt: skip
DESCRIPTORS = {
    "mass": ("mass shape", "mass margins"),
    "calc": ("calc type", "calc distribution"),
}


@dataclass(frozen=True, slots=True)
class Abnormality:
    """One row, read.

    Attributes:
        row: the row itself.
        kind: "mass" or "calc", by its table.
        split: "training" or "test", by its table.
        patient: "P_00001".
        laterality: "L" or "R".
        view: "CC" or "MLO".
        number: "abnormality id" within kind and view.
        density: "A".."D", None for the 0 that two rows have.
        birads: "0".."5".
        pathology: "benign" or "malignant".
        image: series name of the mammogram.
        paths: of mammogram, crop and mask, as the table gives them.
    """

    row: Row
    kind: str
    split: str
    patient: str
    laterality: str
    view: str
    number: str
    density: str | None
    birads: str | None
    pathology: str | None
    image: str
    paths: tuple[str, str, str]

    @property
    def series(self) -> str:
        """Series name of mask and crop."""
        return f"{self.image}_{self.number}"


def read(tables: Mapping[str, Path], kinds: Sequence[str]) -> list[Abnormality]:
    """Every abnormality of ``kinds``, table by table.

    Raises:
        MammoError: a table is missing or spoiled, a path leads through another series than the row's own, or an
            abnormality stands twice.
    """
    found: dict[tuple[str, ...], Abnormality] = {}
    for kind in kinds:
        for part in _PARTS:
            name = f"{kind}_case_description_{part}_set.csv"
            if name not in tables:
                raise MammoError(
                    f"{name}: not found below the root; download it (labels and splits need both tables of a kind), "
                    "or choose the kind that is there with --kind",
                    reason="missing-table",
                )
            for row in read_table(tables[name], _COLUMNS):
                each = _abnormality(row, kind, part)
                key = (kind, each.patient, each.laterality, each.view, each.number)
                first = found.setdefault(key, each)
                if first is not each:
                    raise row.wrong("abnormality id", f"another number than in {first.row.source}, of the same image")
    return list(found.values())


def _abnormality(row: Row, kind: str, part: str) -> Abnormality:
    word, section = _PARTS[part]
    patient, number = row.need("patient_id", str), row.need("abnormality id", str)
    side, view = row.need("left or right breast", str), row.need("image view", str)
    image = f"{kind.capitalize()}-{word}_{patient}_{side}_{view}"
    folders = (image, f"{image}_{number}", f"{image}_{number}")
    full, crop, mask = (_path(row, column, folder) for column, folder in zip(_PATHS, folders, strict=True))
    return Abnormality(
        row=row,
        kind=kind,
        split=section,
        patient=patient,
        laterality=row.need("left or right breast", values.laterality),
        view=row.need("image view", values.view),
        number=number,
        density=row.get(_density_column(row), _density),
        birads=row.get("assessment", values.birads),
        pathology=row.need("pathology", values.pathology),
        image=image,
        paths=(full, crop, mask),
    )


def _path(row: Row, column: str, folder: str) -> str:
    """The path, which has to name patient, side, view and abnormality as the row itself does."""
    path = PurePosixPath(row.need(column, str))
    if folder not in path.parts or ".." in path.parts:
        raise row.wrong(column, f"a path through the folder {folder!r}, as the row's other cells say")
    return str(path)


def _density_column(row: Row) -> str:
    column = next((name for name in _DENSITY if name in row.cells), None)
    if column is None:
        raise MammoError(f"{row.path}: no column {' or '.join(map(repr, _DENSITY))}", "missing-column")
    return column


def _density(text: str) -> str | None:
    return None if text == "0" else values.density(text)
