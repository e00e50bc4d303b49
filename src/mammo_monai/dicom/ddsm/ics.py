"""The ``.ics`` header of a case: age, density, digitiser and the true size of each film."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mammo_monai.dicom.ddsm.content import text
from mammo_monai.errors import MammoError

NAME: Final = re.compile(r"([A-Z])[-_](\d+)[-_](\d+)")  # "A-1141-1": who digitised it, patient, exam
SIDES: Final = {"LEFT": "L", "RIGHT": "R"}
_FILM: Final = re.compile(
    r"(LEFT|RIGHT)_(CC|MLO)\s+LINES\s+(\d+)\s+PIXELS_PER_LINE\s+(\d+)\s+BITS_PER_PIXEL\s+(\d+)"
    r"(?:\s+RESOLUTION\s+([\d.]+))?(?:\s+(NON_OVERLAY|OVERLAY))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Film:
    """One image line.

    Attributes:
        name: "LEFT_CC" and so on, as in the names of the image's files.
        lines: rows; this and ``pixels_per_line`` are right where the LJPEG header has them exchanged.
        pixels_per_line: columns.
        bits: per pixel, 12 or 16; the LJPEG header may say 16 for either.
        resolution: pixel spacing in microns, as written; "" where it is not given.
        overlay: whether the header announces a file of outlines.
        line: where this stands in the file, from 1.
    """

    name: str
    lines: int
    pixels_per_line: int
    bits: int
    resolution: str
    overlay: bool
    line: int

    @property
    def laterality(self) -> str:
        """Side of the breast, "L" or "R"."""
        return SIDES[self.name.partition("_")[0]]

    @property
    def view(self) -> str:
        """Projection, "CC" or "MLO"."""
        return self.name.partition("_")[2]


@dataclass(frozen=True, slots=True)
class Case:
    """What an ``.ics`` file says.

    Attributes:
        letter: first letter of the case's name, which tells where it was digitised.
        patient: "A-1141"; the third part of a case's name counts exams.
        exam: "A-1141-1".
        age: in years, as written; "" when unknown.
        density: "1".."4" of the ACR's fourth edition; None when unknown.
        digitizer: as written, in capitals.
        films: by name.
    """

    letter: str
    patient: str
    exam: str
    age: str
    density: str | None
    digitizer: str
    films: Mapping[str, Film]


def read_ics(path: Path) -> Case:
    """Read one header; further keywords are passed over.

    Raises:
        MammoError: unreadable, no case's name, no film, a film twice, or a line that cannot be.
    """
    name = NAME.fullmatch(path.name.partition(".")[0].upper())
    if name is None:
        raise MammoError(f"{path}: expected the name of a case such as A-1141-1.ics; rename it back", "bad-name")
    said: dict[str, str] = {}
    films: dict[str, Film] = {}
    for number, line in enumerate(text(path).splitlines(), 1):
        keyword, _, value = line.strip().partition(" ")
        if keyword.upper().startswith(("LEFT_", "RIGHT_")):
            film = _film(path, number, line.strip())
            if film.name in films:
                raise MammoError(f"{path}, line {number}: {film.name} stands there twice; remove one", "bad-value")
            films[film.name] = film
        else:
            said[keyword.upper()] = value.strip().upper()
    if not films:
        raise MammoError(f"{path}: lists no film (no line starts with LEFT_ or RIGHT_); copy it again", "empty-table")
    letter, patient, exam = name.groups()
    return Case(
        letter=letter,
        patient=f"{letter}-{patient}",
        exam=f"{letter}-{patient}-{exam}",
        age=_number(path, said, "PATIENT_AGE", "an age in years", r"1?\d?\d") or "",
        density=_number(path, said, "DENSITY", "a density from 1 to 4", r"[1-4]"),
        digitizer=said.get("DIGITIZER", ""),
        films=films,
    )


def _film(path: Path, number: int, line: str) -> Film:
    found = _FILM.match(line)
    if found is None or not int(found[3]) or not int(found[4]) or not 8 <= int(found[5]) <= 16:
        raise MammoError(
            f"{path}, line {number}: expected 'SIDE_VIEW LINES n PIXELS_PER_LINE n BITS_PER_PIXEL 8..16', found "
            f"{line[:80]!r}; copy it again",
            "bad-value",
        )
    name = f"{found[1]}_{found[2]}".upper()
    marked = (found[7] or "").upper() == "OVERLAY"
    return Film(name, int(found[3]), int(found[4]), int(found[5]), found[6] or "", marked, number)


def _number(path: Path, said: Mapping[str, str], keyword: str, expected: str, pattern: str) -> str | None:
    """The value of a keyword; None where it is left out, blank or 0, which is how DDSM says unknown."""
    value = said.get(keyword, "")
    if value in ("", "0", "N/A"):
        return None
    if not re.fullmatch(pattern, value):
        raise MammoError(f"{path}: {keyword} is {value[:40]!r}, expected {expected}; correct it", "bad-value")
    return value
