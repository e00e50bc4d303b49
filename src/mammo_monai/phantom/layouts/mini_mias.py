"""Phantom films in the form of mini-MIAS: 8-bit PGM of 1024x1024 pixels and ``Info.txt``.

Source of the layout: the Info.txt of the MIAS MiniMammographic Database (Suckling et al. 1994). As there: MLO only,
odd films right and even ones left, black padding around the film, prose around the rows, a blank after NORM, one row
per lesion, the origin at the bottom left; calcifications spread too widely for a circle (``*NOTE 3*``) and a lesion
without coordinates and without a note. An axillary node is written as asymmetry.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mammo_monai.errors import MammoError
from mammo_monai.phantom.film import Film, Marked, expose
from mammo_monai.phantom.layouts import Row, Tables
from mammo_monai.phantom.plan import Exam

INFO = "Info.txt"
TABLES = (INFO,)
SIZE = 1024
_MOST_EXAMS = 499  # the names have three digits
_SIDES = ("R", "L")
_TISSUE = {"A": "F", "B": "G", "C": "D", "D": "D"}
_MASSES = {2: "CIRC", 3: "CIRC", 4: "MISC", 5: "SPIC"}
_PROSE = """Synthetic films in the form of the MIAS MiniMammographic Database

mdb is the prefix of every film. Columns: film, background tissue, class, severity, x, y and radius in pixels, the
origin being the bottom left corner.
*NOTE 3*: the calcifications are too widely spread for one circle.

"""
_END = "\n" + 65 * "=" + "\n"


def files(exam: Exam) -> list[Path]:
    """The exam's two films, right and left.

    Raises:
        MammoError: exam 500 or a later one, which has no name of three digits.
    """
    if exam.number >= _MOST_EXAMS:
        raise MammoError(f"layout mini_mias: at most {_MOST_EXAMS} exams; ask for fewer", "bad-option")
    return [Path(f"mdb{2 * exam.number + film:03d}.pgm") for film in (1, 2)]


def write_exam(root: Path, exam: Exam, rows: int, cols: int) -> Tables:
    """Write two films of ``rows`` x ``cols`` pixels, padded to 1024x1024; return their lines of ``Info.txt``.

    Raises:
        MammoError: larger than 1024 pixels.
    """
    if max(rows, cols) > SIZE:
        raise MammoError(f"layout mini_mias: {rows} x {cols} pixels, expected at most {SIZE} x {SIZE}", "bad-option")
    lines: list[Row] = []
    for side, name in zip(_SIDES, files(exam), strict=True):
        film = expose(exam, side, "MLO", rows, cols)
        top, left = (SIZE - rows) // 2, (SIZE - cols) // 2
        padded = np.zeros((SIZE, SIZE), np.uint8)
        padded[top : top + rows, left : left + cols] = np.rint(255 * film.brightness)
        (root / name).write_bytes(b"P5\n%d %d\n255\n" % (SIZE, SIZE) + padded.tobytes())
        lines += [{"line": f"{name.stem} {line}"} for line in _lines(exam, side, film, top, left)]
    return {INFO: lines}


def table(name: str, rows: Sequence[Row]) -> str:
    """``Info.txt``."""
    return _PROSE + "".join(f"{row['line']}\n" for row in rows) + _END


def _lines(exam: Exam, side: str, film: Film, top: int, left: int) -> list[str]:
    tissue = _TISSUE[exam.density]
    if not film.findings:
        return [f"{tissue} NORM "]
    birads = exam.birads[side]
    severity = "M" if birads > 3 else "B"
    return [
        f"{tissue} {_kind(marked, birads)} {severity}{_where(exam, marked, birads, top, left)}"
        for marked in film.findings
    ]


def _kind(marked: Marked, birads: int) -> str:
    if marked.birads is None:
        return "ASYM"
    return _MASSES[birads] if "Mass" in marked.categories else "CALC"


def _where(exam: Exam, marked: Marked, birads: int, top: int, left: int) -> str:
    """x, y and radius of the circle around a lesion's box, or one of the two ways to leave them out."""
    if "Mass" not in marked.categories and marked.birads and exam.number % 2:
        return " *NOTE 3*"
    if birads == 3 and exam.number % 4 == 0:
        return ""
    xmin, ymin, xmax, ymax = marked.box
    x, row = left + (xmin + xmax) // 2, top + (ymin + ymax) // 2
    return f" {x} {SIZE - row} {(max(xmax - xmin, ymax - ymin) + 1) // 2}"
