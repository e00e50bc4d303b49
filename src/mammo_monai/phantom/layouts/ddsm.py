"""Phantom exams in the folders and files of DDSM.

Source of the layout: the data base's README and its page "Description of a case". As there: a folder per case in a
volume of its kind, an ``.ics`` header, films as the PVRG codec wrote them (see :mod:`mammo_monai.dicom.ddsm.pvrg`)
with 16 bits of precision for 12-bit films and, on some, width and height exchanged; four digitisers; chain codes that
leave the film, cores, wrong numbers of outlines, some files gzipped, some with CRLF. Unlike there, no thumbnail.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from mammo_monai.datasets.ddsm.overlay import STEPS
from mammo_monai.dicom.ddsm import pvrg
from mammo_monai.dicom.ddsm.digitizer import DIGITIZERS, Digitizer
from mammo_monai.files import replacing
from mammo_monai.phantom.breast import Plane
from mammo_monai.phantom.film import Marked, expose
from mammo_monai.phantom.layouts import Row, Tables
from mammo_monai.phantom.plan import LATERALITIES, VIEWS, Exam

README = "DDSM_README"
TABLES = (README,)
DARKEST: Final = 3.6  # optical density of the phantoms' air
_BITS = {"DBA": 16, "HOWTEK": 12, "LUMISYS": 12}
_RESOLUTION = {"DBA": "42", "HOWTEK": "43.5", "LUMISYS": "50"}
_SIDES = {"L": "LEFT", "R": "RIGHT"}
_VOLUMES = {1: "normals/normal_01", 2: "benigns/benign_without_callback_01", 3: "benigns/benign_01"}
_CANCERS = "cancers/cancer_01"
_PATHOLOGY = {2: "BENIGN_WITHOUT_CALLBACK", 3: "BENIGN", 4: "MALIGNANT", 5: "MALIGNANT"}
_LESION_TYPES = {
    "Mass": "MASS SHAPE ROUND MARGINS ILL_DEFINED",
    "Suspicious Calcification": "CALCIFICATION TYPE PLEOMORPHIC DISTRIBUTION CLUSTERED",
    "Suspicious Lymph Node": "MASS SHAPE LYMPH_NODE MARGINS N/A",
}


def digitizer(exam: Exam) -> Digitizer:
    """The exams take turns."""
    return DIGITIZERS[exam.number % len(DIGITIZERS)]


def name(exam: Exam) -> str:
    """Name of the case, "A-0004-1"."""
    letters = digitizer(exam).letters
    return f"{letters[exam.number // len(DIGITIZERS) % len(letters)]}-{exam.number:04d}-1"


def film_path(exam: Exam, laterality: str, view: str, kind: str = "LJPEG") -> Path:
    """Where DDSM keeps this film or its outlines, relative to the data base's root; every fifth is gzipped."""
    film = f"{name(exam).replace('-', '_')}.{_SIDES[laterality]}_{view}.{kind}"
    return _folder(exam) / (f"{film}.gz" if _turn(exam, laterality, view) % 5 == 0 else film)


def files(exam: Exam) -> list[Path]:
    """Header, four films, and the outlines of those with findings."""
    views = [(side, view) for side in LATERALITIES for view in VIEWS]
    drawn = [film_path(exam, side, view, "OVERLAY") for side, view in views if exam.birads[side] > 1]
    return [_folder(exam) / f"{name(exam)}.ics", *(film_path(exam, *view) for view in views), *drawn]


def write_exam(root: Path, exam: Exam, rows: int, cols: int) -> Tables:
    """Write the case, its header last; return the line of its volume in the README."""
    for side in LATERALITIES:
        for view in VIEWS:
            film = expose(exam, side, view, rows, cols)
            levels = grey_levels(digitizer(exam), film.brightness)
            if _turn(exam, side, view) % 3 == 0:
                levels = levels.reshape(cols, rows)  # the same pixels in the same order under a header that errs
            _write(root / film_path(exam, side, view), pvrg.encode(levels))
            if film.findings:
                text = "".join(_overlay(exam, exam.birads[side], film.findings))
                _write(root / film_path(exam, side, view, "OVERLAY"), text.encode())
    ending = "\r\n" if exam.number % 2 else "\n"
    _write(root / _folder(exam) / f"{name(exam)}.ics", ending.join(_header(exam, rows, cols)).encode())
    return {README: [{"volume": _folder(exam).parent.name}]}


def table(_name: str, rows: Sequence[Row]) -> str:
    """The README: how many cases each volume has."""
    cases = Counter(str(row["volume"]) for row in rows)
    return "".join(f"  - {count:3d} cases in volume {volume}.\n" for volume, count in sorted(cases.items()))


def grey_levels(scanner: Digitizer, brightness: Plane) -> pvrg.Samples:
    """What the digitiser would give for a film of density ``DARKEST * (1 - brightness)``."""
    levels = np.arange(1 << _BITS[scanner.vendor], dtype=np.float64)
    density = DARKEST * (1 - brightness.astype(np.float64))
    return np.rint(np.interp(density, scanner.density(levels)[::-1], levels[::-1])).astype(np.uint16)


def _folder(exam: Exam) -> Path:
    return Path("cases") / _VOLUMES.get(max(exam.birads.values()), _CANCERS) / f"case{exam.number:04d}"


def _turn(exam: Exam, laterality: str, view: str) -> int:
    return 3 * exam.number + 2 * LATERALITIES.index(laterality) + VIEWS.index(view)


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def _header(exam: Exam, rows: int, cols: int) -> Iterator[str]:
    vendor = digitizer(exam).vendor
    yield from ("ics_version 1.0", f"filename {name(exam)}", "DATE_OF_STUDY 2 7 1995", f"PATIENT_AGE {exam.age}")
    yield from ("FILM", "FILM_TYPE REGULAR", f"DENSITY {'ABCD'.index(exam.density) + 1}", "DATE_DIGITIZED 7 22 1997")
    yield from (f"DIGITIZER {vendor}", "SELECTED")
    size = f"LINES {rows} PIXELS_PER_LINE {cols} BITS_PER_PIXEL {_BITS[vendor]} RESOLUTION {_RESOLUTION[vendor]}"
    for side in LATERALITIES:
        marked = "OVERLAY" if exam.birads[side] > 1 else "NON_OVERLAY"
        yield from (f"{_SIDES[side]}_{view} {size} {marked}" for view in VIEWS)
    yield ""


def _overlay(exam: Exam, birads: int, findings: Sequence[Marked]) -> Iterator[str]:
    pathology = "UNPROVEN" if birads == 4 and exam.number % 3 == 0 else _PATHOLOGY[birads]
    yield f"TOTAL_ABNORMALITIES {len(findings)}\n"
    for number, marked in enumerate(findings, 1):
        cores = 1 if "Suspicious Calcification" in marked.categories else 0
        yield f"ABNORMALITY {number}\n"
        yield from (f"LESION_TYPE {_LESION_TYPES[category]}\n" for category in marked.categories)
        yield f"ASSESSMENT {birads}\nSUBTLETY {1 + exam.number % 5}\nPATHOLOGY {pathology}\n"
        yield f"TOTAL_OUTLINES {1 + cores + (exam.number % 4 == 3)}\nBOUNDARY\n{chain_code(marked.box)}\n"
        yield from cores * (f"\tCORE\n{chain_code(_inner(marked.box))}\n",)


def chain_code(box: tuple[int, int, int, int]) -> str:
    """The ellipse in a box (xmin, ymin, xmax, ymax; half-open) as starting column and row, then steps, then "#"."""
    left, top, right, bottom = box
    turn = np.linspace(0, 2 * np.pi, 8 * (right - left + bottom - top), endpoint=False)
    rows = np.rint((top + bottom - 1) / 2 + (bottom - top - 1) / 2 * np.sin(turn))
    cols = np.rint((left + right - 1) / 2 + (right - left - 1) / 2 * np.cos(turn))
    points = np.stack([rows, cols], axis=1)
    steps = np.roll(points, -1, axis=0) - points
    codes = [STEPS.tolist().index(step) for step in steps.tolist() if any(step)]
    return " ".join(map(str, (int(cols[0]), int(rows[0]), *codes, "#")))


def _inner(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    wide, high = (right - left) // 4, (bottom - top) // 4
    return left + wide, top + high, right - wide, bottom - high
