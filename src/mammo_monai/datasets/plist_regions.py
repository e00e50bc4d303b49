"""Regions of an OsiriX export: an XML property list of images, their ROIs and the ROIs' points.

``Images[*].ROIs[*]`` have ``Name``, ``NumberOfPoints`` and ``Point_px``, a list of "(x, y)" in pixels from the
top left. Python's plistlib reads it: it refuses entity declarations and fetches no document type.
"""

from __future__ import annotations

import plistlib
import re
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from mammo_monai.datasets.regions import Points, Region, read_bytes, wrong

_NUMBER = r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,2})?)\s*"
_POINT = re.compile(rf"\s*\({_NUMBER},{_NUMBER}(?:,{_NUMBER})?\)\s*")  # some exports add a third coordinate


def read(path: Path) -> list[Region]:
    """Every region of the file, in its order.

    Raises:
        MammoError: not a property list of images with ROIs (damaged, cut short, hostile), or a ROI whose points
            are none or not as many as it says.
    """
    data = read_bytes(path)
    try:
        content = plistlib.loads(data, fmt=plistlib.FMT_XML)
    except (ExpatError, ValueError, LookupError, AttributeError, TypeError) as error:  # what plistlib lets through
        raise wrong(path, f"not an XML property list ({error})") from None
    images = _items(path, content, "Images")
    rois = [roi for image in images for roi in _items(path, image, "ROIs")]
    return [_region(f"{path}, region {number}", roi) for number, roi in enumerate(rois, 1)]


def _items(path: Path, holder: Any, key: str) -> list[Any]:
    items = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(items, list):
        raise wrong(path, f"expected a list {key!r} as OsiriX exports it")
    return items


def _region(where: str, roi: Any) -> Region:
    texts = roi.get("Point_px") if isinstance(roi, dict) else None
    if not isinstance(texts, list):
        raise wrong(where, "expected a list 'Point_px'")
    if roi.get("NumberOfPoints", len(texts)) != len(texts):
        raise wrong(where, f"{len(texts)} points where 'NumberOfPoints' is {str(roi['NumberOfPoints'])[:20]}")
    return Region(where, str(roi.get("Name") or "").strip(), _points(where, texts))


def _points(where: str, texts: list[Any]) -> Points:
    found = [_POINT.fullmatch(str(text)) for text in texts]
    if None in found:
        raise wrong(where, f"expected points such as '(120.5, 80.0)', found {str(texts[found.index(None)])[:40]!r}")
    return tuple((float(point[2]), float(point[1])) for point in found if point)
