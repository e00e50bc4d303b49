"""Regions of an Icy file: ``<roi>`` elements with ``<classname>``, ``<name>`` and the corners of their shape.

Written by Icy's "save ROI(s)" and kept by it beside an image as ``<image name>.xml``; in the latter the ROIs
stand in ``<rois>``. A position is ``<pos_x>``, ``<pos_y>`` in pixels from the image's upper left corner, so that
a rectangle from 10 to 20 is ten pixels wide. Icy (F. de Chaumont et al., Nature Methods 9 (2012), 690-696) is
GPL software: this is its file format, none of its code.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from mammo_monai.datasets.regions import Points, Region, read_bytes, wrong
from mammo_monai.datasets.values import number

_ELLIPSE_CORNERS = 64


def read(path: Path) -> list[Region]:
    """Every region of the file, in its order.

    Rectangle, ellipse (as a polygon of 64 corners), polygon, polyline, point and painted area, of which only
    the bounds are read.

    Raises:
        MammoError: not such a file (damaged, cut short, with a document type, which Icy never writes), a
            region of another kind, or one without its numbers.
    """
    data = read_bytes(path)
    try:
        # No document type is let in, so there is no entity to expand: what S314 warns of cannot happen.
        root = ET.XML(data, ET.XMLParser(target=_NoDocumentType()))  # noqa: S314
    except (ET.ParseError, ValueError, LookupError) as error:
        raise wrong(path, f"not an Icy region file ({error})") from None
    if root.tag != "root":
        raise wrong(path, f"expected the element 'root' of an Icy file, found {root.tag[:40]!r}")
    found = [*root.findall("roi"), *root.findall("rois/roi")]
    return [_region(f"{path}, region {count}", roi) for count, roi in enumerate(found, 1)]


class _NoDocumentType(ET.TreeBuilder):
    def doctype(self, *_: object) -> None:
        raise ValueError("it declares a document type")


def _region(where: str, roi: ET.Element) -> Region:
    kind = roi.findtext("classname", "").rpartition(".")[2].strip().removeprefix("ROI2D")
    if kind not in _SHAPES:
        raise wrong(where, f"expected a 2D {', '.join(_SHAPES)}, found {kind[:40]!r}")
    try:
        corners = _SHAPES[kind](roi)
    except ValueError as error:
        raise wrong(where, f"expected {error} of a 2D {kind}") from None
    return Region(where, roi.findtext("name", "").strip(), corners, closed=kind != "Area")


def _rectangle(roi: ET.Element) -> Points:
    (top, left), (bottom, right) = _position(roi, "top_left"), _position(roi, "bottom_right")
    return (top, left), (top, right), (bottom, right), (bottom, left)


def _ellipse(roi: ET.Element) -> Points:
    (top, left), _, (bottom, right), _ = _rectangle(roi)
    turns = [2 * math.pi * corner / _ELLIPSE_CORNERS for corner in range(_ELLIPSE_CORNERS)]
    return tuple(
        (
            (top + bottom) / 2 + (bottom - top) / 2 * math.sin(turn),
            (left + right) / 2 + (right - left) / 2 * math.cos(turn),
        )
        for turn in turns
    )


def _polygon(roi: ET.Element) -> Points:
    return tuple(_position(point, ".") for point in roi.iterfind("points/point"))


def _area(roi: ET.Element) -> Points:
    left, top, width, height = (_number(roi, f"bounds{part}") for part in "XYWH")
    return (top, left), (top + height, left + width)


def _point(roi: ET.Element) -> Points:
    return (_position(roi, "position"),)


_SHAPES: dict[str, Callable[[ET.Element], Points]] = {
    "Rectangle": _rectangle,
    "Ellipse": _ellipse,
    "Polygon": _polygon,
    "PolyLine": _polygon,
    "Point": _point,
    "Area": _area,
}


def _position(holder: ET.Element, name: str) -> tuple[float, float]:
    return _number(holder, f"{name}/pos_y"), _number(holder, f"{name}/pos_x")


def _number(holder: ET.Element, path: str) -> float:
    try:
        return number(holder.findtext(path, ""))
    except ValueError:
        raise ValueError(f"a number in {path.removeprefix('./')!r}") from None
