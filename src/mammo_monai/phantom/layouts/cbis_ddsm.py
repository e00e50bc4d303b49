"""Phantom exams in the folders and case-description CSVs of CBIS-DDSM, quirks included.

Source of the layout: Lee et al., "CBIS-DDSM", Scientific Data 4:170177 (2017), and the tables as The Cancer Imaging
Archive hands them out. As there, only views that show an abnormality are there, a mass and a calcification of one
view (in two places) each bring the mammogram along, and the tables name files as old exports did. From eight exams on,
every table has rows; BI-RADS 2 and 5 together bring benign and malignant ones of both kinds.

| quirk | exams (number from 0) |
|---|---|
| files where the tables say (``000000.dcm``) / renamed as the NBIA retriever does (``1-1.dcm``) | even / odd |
| mask and crop stand where the tables say the other one is | 1, 4, 7, ... |
| mask and crop of a mass in folders of their own, both ``000000.dcm`` | 4, 9, 14, ... |
| mask a quarter larger than the mammogram | 1, 6, 11, ... |
| mask with another aspect than the mammogram | 3, 8, 13, ... |
| calcifications in the tables of the other split than the masses | 3, 7, 11, ... |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from mammo_monai.phantom.dicom_writer import identifier
from mammo_monai.phantom.film import Film, Mask, expose, marks
from mammo_monai.phantom.layouts import Row, Tables, csv_text
from mammo_monai.phantom.plan import LATERALITIES, VIEWS, Exam
from mammo_monai.phantom.secondary_capture import write_secondary_capture

Kind = Literal["mass", "calc"]
KINDS: tuple[Kind, ...] = ("mass", "calc")
TABLES = tuple(f"{kind}_case_description_{part}_set.csv" for kind in KINDS for part in ("train", "test"))
_FULL, _CROP, _MASK = "image file path", "cropped image file path", "ROI mask file path"
_DESCRIPTIONS = {_FULL: "full mammogram images", _CROP: "cropped images", _MASK: "ROI mask images"}
_WORDS: dict[Kind, tuple[str, str, str]] = {  # density column and the two of the lexicon
    "mass": ("breast_density", "mass shape", "mass margins"),
    "calc": ("breast density", "calc type", "calc distribution"),
}
_LEXICON = {  # by BI-RADS: shape and margins of a mass
    2: ("OVAL", "CIRCUMSCRIBED"),
    3: ("ROUND", "CIRCUMSCRIBED"),
    4: ("IRREGULAR", "ILL_DEFINED"),
    5: ("IRREGULAR-ARCHITECTURAL_DISTORTION", "SPICULATED"),
    None: ("LYMPH_NODE", "CIRCUMSCRIBED"),
}
_SIDES = {"L": "LEFT", "R": "RIGHT"}


@dataclass(frozen=True, slots=True)
class _Abnormality:
    """One row of a table: the ``number``-th of its kind on a view, ``shown`` among the film's findings."""

    exam: Exam
    kind: Kind
    laterality: str
    view: str
    number: int
    birads: int | None
    shown: int

    @property
    def test(self) -> bool:
        return (self.exam.split == "test") != (self.kind == "calc" and self.exam.number % 4 == 3)

    def name(self, column: str) -> str:
        """The series of the mammogram, or that of the abnormality with its number."""
        part, own = "Test" if self.test else "Training", "" if column == _FULL else f"_{self.number}"
        patient = f"P_{self.exam.number:05d}_{_SIDES[self.laterality]}_{self.view}"
        return f"{self.kind.capitalize()}-{part}_{patient}{own}"

    def stated(self, column: str) -> Path:
        """The path the table gives."""
        study, series = (identifier(self.exam, self.name(column), level, self._folder(column)).int for level in "ab")
        return Path(self.name(column)) / f"2.25.{study}" / f"2.25.{series}" / f"{self._index(column):06d}.dcm"

    def file(self, column: str) -> Path:
        """Where the image is."""
        exchanged = {_CROP: _MASK, _MASK: _CROP}.get(column, column) if self.exam.number % 3 == 1 else column
        path = self.stated(exchanged)
        if self.exam.number % 2 == 0:
            return path
        study, series = (identifier(self.exam, *path.parts[:depth]).int % 100_000 for depth in (2, 3))
        folders = f"07-20-2016-DDSM-NA-{study:05d}/1.000000-{_DESCRIPTIONS[self._folder(exchanged)]}-{series:05d}"
        return Path("CBIS-DDSM", path.parts[0], folders, f"1-{self._index(exchanged) + 1}.dcm")

    def _folder(self, column: str) -> str:
        """The column whose folder holds this image: mask and crop share one."""
        apart = self.kind == "mass" and self.exam.number % 5 == 4
        return _MASK if column == _CROP and not apart else column

    def _index(self, column: str) -> int:
        """The second of two is the mask of a mass, the crop of a calcification."""
        second = {"mass": _MASK, "calc": _CROP}[self.kind]
        return int(column == second and self._folder(_CROP) == _MASK)


def files(exam: Exam) -> list[Path]:
    """Mammogram, mask and crop of every abnormality."""
    return list(dict.fromkeys(found.file(column) for found in _abnormalities(exam) for column in _DESCRIPTIONS))


def write_exam(root: Path, exam: Exam, rows: int, cols: int) -> Tables:
    """Write the DICOM files of the views that show an abnormality; return the rows of the four tables."""
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    films: dict[tuple[str, str], Film] = {}
    for found in _abnormalities(exam):
        view = found.laterality, found.view
        film = films.get(view) or films.setdefault(view, expose(exam, *view, rows, cols, separate=True))
        _write_images(root, found, film)
        tables[TABLES[2 * KINDS.index(found.kind) + found.test]].append(_row(found))
    return tables


def table(name: str, rows: Sequence[Row]) -> str:
    """One of the four CSV files."""
    density, *lexicon = _WORDS["mass" if name.startswith("mass") else "calc"]
    place = ("left or right breast", "image view", "abnormality id", "abnormality type")
    judged = ("assessment", "pathology", "subtlety")
    return csv_text(("patient_id", density, *place, *lexicon, *judged, _FULL, _CROP, _MASK), rows)


def _abnormalities(exam: Exam) -> list[_Abnormality]:
    """What the exam's tables list."""
    found = []
    for side in LATERALITIES:
        for view in VIEWS:
            numbers: Counter[Kind] = Counter()
            for shown, (categories, birads) in enumerate(marks(exam, side, view, separate=True)):
                kind: Kind = "calc" if "Calcification" in categories[0] else "mass"
                numbers[kind] += 1
                found.append(_Abnormality(exam, kind, side, view, numbers[kind], birads, shown))
    return found


def _row(found: _Abnormality) -> Row:
    density, *lexicon = _WORDS[found.kind]
    grains = "COARSE" if found.birads == 2 else "PLEOMORPHIC"
    words = _LEXICON[found.birads] if found.kind == "mass" else (grains, "CLUSTERED")
    broken = _MASK if found.kind == "mass" else _CROP  # the column whose cells end in a line break
    paths = {column: found.stated(column).as_posix() + "\n" * (column == broken) for column in _DESCRIPTIONS}
    return {
        "patient_id": f"P_{found.exam.number:05d}",
        density: 1 + "ABCD".index(found.exam.density),
        "left or right breast": _SIDES[found.laterality],
        "image view": found.view,
        "abnormality id": found.number,
        "abnormality type": {"mass": "mass", "calc": "calcification"}[found.kind],
        **dict(zip(lexicon, words, strict=True)),
        "assessment": found.birads or 0,
        "pathology": _pathology(found),
        "subtlety": 5,
        **paths,
    }


def _pathology(found: _Abnormality) -> str:
    if found.birads == 2:
        return "BENIGN_WITHOUT_CALLBACK"
    malignant = found.birads == 5 or (found.birads == 4 and found.exam.number % 2 == 0)
    return "MALIGNANT" if malignant else "BENIGN"


def _write_images(root: Path, found: _Abnormality, film: Film) -> None:
    mask = film.findings[found.shown].mask
    full = np.rint(film.brightness * 65535).astype(np.uint16)
    r, c = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    images: dict[str, npt.NDArray[np.unsignedinteger]] = {
        _FULL: full,
        _CROP: full[r[0] : r[-1] + 1, c[0] : c[-1] + 1],
        _MASK: np.where(_reshaped(mask, found.exam), 255, 0).astype(np.uint8),
    }
    for column, pixels in images.items():
        place = found.stated(column).parts
        uids = (
            identifier(found.exam, *place[:2]),
            identifier(found.exam, *place[:3]),
            identifier(found.exam, *place, column),
        )
        write_secondary_capture(
            root / found.file(column),
            pixels,
            name=found.name(column),
            laterality=found.laterality,
            view=found.view,
            description=_DESCRIPTIONS[column],
            uids=uids,
        )


def _reshaped(mask: Mask, exam: Exam) -> Mask:
    """The mask as large as its quirk wants it."""
    rows, cols = mask.shape
    if exam.number % 5 == 1:
        larger = [round(1.25 * size) for size in (rows, cols)]
        across, down = (np.arange(new) * old // new for new, old in zip(larger, (rows, cols), strict=True))
        return mask[np.ix_(across, down)]
    return np.pad(mask, ((0, 0), (0, cols // 8))) if exam.number % 5 == 3 else mask
