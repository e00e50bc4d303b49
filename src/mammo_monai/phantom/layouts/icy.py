"""Phantom exams annotated in Icy: 16-bit PNG or DICOM images, each with an XML file of its name.

Source of the layout: the description of HMU-TL (BI-RADS 1, 2-3 and 0-4-5 by ResNet-50, 7,912 images) and Icy's ROI
files; what both leave open is as :mod:`mammo_monai.datasets.adapters.icy` states. Every kind of shape and several
spellings of a label take turns, and one breast in seven is an "incomplete assessment" without regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import imagecodecs
import numpy as np

from mammo_monai.phantom.breast import Plane
from mammo_monai.phantom.contour import octagon
from mammo_monai.phantom.dicom_writer import encoding, identifier, write_dicom
from mammo_monai.phantom.film import Film, expose
from mammo_monai.phantom.layouts import Row, Tables
from mammo_monai.phantom.plan import LATERALITIES, VIEWS, Exam

README = "README.txt"
TABLES = (README,)
_LEVELS = 4095
Box = tuple[int, int, int, int]


def files(exam: Exam) -> list[Path]:
    """The exam's four images and their region files."""
    images = [image_path(exam, side, view) for side in LATERALITIES for view in VIEWS]
    return [*images, *(image.with_suffix(".xml") for image in images)]


def image_path(exam: Exam, laterality: str, view: str) -> Path:
    """Where the image lies: in the exam's folder, PNG or, in odd exams, DICOM."""
    folder = f"{1903000000 + exam.number}_P{identifier(exam).hex[:8]}-{exam.age}"
    return Path(folder) / f"{laterality}-{view}.{'dcm' if exam.number % 2 else 'png'}"


def write_exam(root: Path, exam: Exam, rows: int, cols: int) -> Tables:
    """Write four images and region files; return a line about each."""
    lines: list[Row] = []
    for side in LATERALITIES:
        for view in VIEWS:
            path = root / image_path(exam, side, view)
            path.parent.mkdir(parents=True, exist_ok=True)
            film = expose(exam, side, view, rows, cols)
            _write_image(path, exam, side, view, film.brightness)
            rois = _rois(exam, side, film, rows, cols)
            path.with_suffix(".xml").write_text(_document(path.name, rois), encoding="utf-8", newline="")
            lines.append({"image": path.relative_to(root).as_posix()})
    return {README: lines}


def table(name: str, rows: Sequence[Row]) -> str:
    """``README.txt``: the format itself has no table."""
    return f"{len(rows)} synthetic mammograms; the XML file beside each holds its Icy regions and label.\n"


def _write_image(path: Path, exam: Exam, side: str, view: str, brightness: Plane) -> None:
    if path.suffix == ".dcm":
        write_dicom(path, exam, side, view, brightness, encoding(exam, side, view))
    else:
        path.write_bytes(imagecodecs.png_encode(np.rint(_LEVELS * brightness).astype(np.uint16)))


def _rois(exam: Exam, side: str, film: Film, rows: int, cols: int) -> list[str]:
    """The reader's choice of three: regions, or one region whose name is about the whole image."""
    birads, turn = exam.birads[side], 2 * exam.number + LATERALITIES.index(side)
    whole = (0, 0, cols, rows)
    if turn % 7 == 5:
        return [_rectangle(whole, ("BI-RADS 0", "incomplete")[exam.number % 2])]
    if not film.findings:
        return [_rectangle(whole, ("BI-RADS 1", "Normal ")[exam.number % 2])]
    name = (f"BI-RADS {birads}", f"BIRADS {birads} ", str(birads))[exam.number % 3]
    return [_SHAPES[(turn + index) % len(_SHAPES)](marked.box, name) for index, marked in enumerate(film.findings)]


def _roi(kind: str, name: str, shape: str) -> str:
    return (
        f"<roi><classname>plugins.kernel.roi.roi2d.ROI2D{kind}</classname><name>{escape(name)}</name>"
        f"<color>-16711936</color><z>0</z><t>0</t><c>-1</c>{shape}</roi>"
    )


def _position(x: float, y: float) -> str:
    return f"<color>-1</color><pos_x>{x}</pos_x><pos_y>{y}</pos_y>"


def _corners(box: Box) -> str:
    upper, lower = _position(box[0], box[1]), _position(box[2], box[3])
    return f"<top_left>{upper}</top_left><bottom_right>{lower}</bottom_right>"


def _rectangle(box: Box, name: str) -> str:
    return _roi("Rectangle", name, _corners(box))


def _ellipse(box: Box, name: str) -> str:
    return _roi("Ellipse", name, _corners(box))


def _polygon(box: Box, name: str) -> str:
    points = "".join(f"<point>{_position(x, y)}</point>" for x, y in octagon(box))
    return _roi("Polygon", name, f"<points>{points}</points>")


def _area(box: Box, name: str) -> str:
    sizes = {"X": box[0], "Y": box[1], "W": box[2] - box[0], "H": box[3] - box[1]}
    return _roi("Area", name, "".join(f"<bounds{key}>{value}</bounds{key}>" for key, value in sizes.items()))


_SHAPES = (_rectangle, _ellipse, _polygon, _area)


def _document(name: str, rois: list[str]) -> str:
    """What Icy keeps beside an image."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        f"<root><name>{escape(name)}</name><meta><pixelSizeX>1.0</pixelSizeX></meta>"
        f"<rois>{''.join(rois)}</rois></root>\n"
    )
