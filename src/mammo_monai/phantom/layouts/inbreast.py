"""Phantom exams in the folders, table and OsiriX region files of INbreast.

Source of the layout: I. C. Moreira et al., Academic Radiology 19 (2012), 236-248, and the release's file names. As
there: separator ``;``, "removed" for patient and age, the patient in the image's name only (with ML for MLO),
BI-RADS 4a to 4c and 6, a density left blank and blanks behind others, several spellings of a word, single points,
regions past the image's edge, and no region file for BI-RADS 1.
"""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from pathlib import Path

from mammo_monai.phantom.contour import octagon
from mammo_monai.phantom.dicom_writer import encoding, identifier, write_dicom
from mammo_monai.phantom.film import Marked, expose
from mammo_monai.phantom.layouts import Row, Tables, csv_text
from mammo_monai.phantom.plan import LATERALITIES, VIEWS, Exam

IMAGES = "INbreast.csv"
TABLES = (IMAGES,)
COLUMNS = (*("Patient ID", "Patient age", "Laterality", "View", "Acquisition date", "File Name", "ACR", "Bi-Rads"),)
_FIRST = 20_000_000
_DENSITY = {"A": "1", "B": "2  ", "C": "3", "D": "4 "}
_SPELLINGS = {
    ("Mass",): ("Mass", "mass ", "Mass"),
    ("Suspicious Calcification",): ("Cluster", "Calcifications", "Cluster "),
    ("Mass", "Suspicious Calcification"): ("Spiculated Region", "Espiculated Region", "Spiculated region"),
    ("Suspicious Lymph Node",): ("Asymmetry", "Assymetry", "Asymmetry"),
}
Points = list[tuple[float, float]]


def files(exam: Exam) -> list[Path]:
    """The exam's four images and the region files of those with findings."""
    views = [(side, view) for side in LATERALITIES for view in VIEWS]
    drawn = [_region_path(exam, side, view) for side, view in views if exam.birads[side] > 1]
    return [_image_path(exam, side, view) for side, view in views] + drawn


def write_exam(root: Path, exam: Exam, rows: int, cols: int) -> Tables:
    """Write the images and region files; return the images' rows."""
    lines: list[Row] = []
    for folder in ("AllDICOMs", "AllXML"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for side in LATERALITIES:
        for view in VIEWS:
            film = expose(exam, side, view, rows, cols)
            image = root / _image_path(exam, side, view)
            write_dicom(image, exam, side, view, film.brightness, encoding(exam, side, view))
            if film.findings:
                rois = [roi for marked in film.findings for roi in _rois(exam, marked)]
                (root / _region_path(exam, side, view)).write_bytes(_osirix(rois))
            lines.append(_row(exam, side, view))
    return {IMAGES: lines}


def table(name: str, rows: Sequence[Row]) -> str:
    """``INbreast.csv``."""
    return csv_text(COLUMNS, rows, delimiter=";")


def _number(exam: Exam, side: str, view: str) -> int:
    return _FIRST + 4 * exam.number + 2 * LATERALITIES.index(side) + VIEWS.index(view)


def _image_path(exam: Exam, side: str, view: str) -> Path:
    patient = identifier(exam).hex[:16]
    shown = "ML" if view == "MLO" else view
    return Path("AllDICOMs") / f"{_number(exam, side, view)}_{patient}_MG_{side}_{shown}_ANON.dcm"


def _region_path(exam: Exam, side: str, view: str) -> Path:
    return Path("AllXML") / f"{_number(exam, side, view)}.xml"


def _row(exam: Exam, side: str, view: str) -> Row:
    birads = {4: f"4{'abc'[exam.number % 3]}", 5: "6" if exam.number % 4 == 3 else "5"}
    return {
        "Patient ID": "removed",
        "Patient age": "removed",
        "Laterality": side,
        "View": view,
        "Acquisition date": f"2010{1 + exam.number % 12:02d}",
        "File Name": _number(exam, side, view),
        "ACR": "     " if exam.number % 8 == 3 else _DENSITY[exam.density],
        "Bi-Rads": birads.get(exam.birads[side], exam.birads[side]),
    }


def _rois(exam: Exam, marked: Marked) -> list[tuple[str, Points]]:
    """The lesion's outline and, for a mass with calcifications, one calcification as a point in its middle."""
    rois = [(_SPELLINGS[marked.categories][exam.number % 3], octagon(marked.box))]
    if len(marked.categories) > 1:
        middle = ((marked.box[0] + marked.box[2]) / 2, (marked.box[1] + marked.box[3]) / 2)
        rois.append((("Calcification", "Point 1", "")[exam.number % 3], [middle]))
    return rois


def _osirix(rois: list[tuple[str, Points]]) -> bytes:
    """An OsiriX property list of one image with these regions."""
    listed = [
        {
            "Name": name,
            "IndexInImage": index,
            "NumberOfPoints": len(points),
            "Point_px": [f"({x:.6f}, {y:.6f})" for x, y in points],
            "Type": 15 if len(points) > 1 else 19,
        }
        for index, (name, points) in enumerate(rois)
    ]
    return plistlib.dumps({"Images": [{"ImageIndex": 0, "NumberOfROIs": len(listed), "ROIs": listed}]})
