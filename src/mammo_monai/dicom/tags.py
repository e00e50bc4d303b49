"""What the header of a mammogram says besides its pixels, as flat values that torch's ``default_collate`` can batch."""

from __future__ import annotations

import math
import re
from typing import Final, TypeAlias

from pydicom.dataset import Dataset

from mammo_monai.dicom.codes import DENSITIES, MODIFIERS, VIEWS
from mammo_monai.dicom.rendering import numbers, stored_words, texts

Meta: TypeAlias = dict[str, str | int | float | list[float]]

UNKNOWN: Final = math.nan
# Every key, with its unknown value: a raster or volume has the same keys as a DICOM file.
BLANK: Final[Meta] = {
    "patient": "", "study": "", "series": "", "sop": "",
    "laterality": "", "view": "", "view_modifiers": "", "density": "", "age": UNKNOWN,
    "pixel_spacing": [UNKNOWN, UNKNOWN], "photometric": "", "bits": 0, "source_rows": 0, "source_columns": 0,
    "vendor": "", "model": "", "voi": "", "transfer_syntax": "", "reduced": 1, "conflict": "", "source": "",
}  # fmt: skip
DAYS_PER_UNIT: Final = {"D": 1.0, "W": 7.0, "M": 30.4375, "Y": 365.25}


def tags(header: Dataset) -> Meta:
    """Meta values of a DICOM header.

    Laterality comes from ImageLaterality, then Laterality, then FrameLaterality; the view from
    ViewCodeSequence (PS3.16 CID 4014), then ViewPosition. Where two of them disagree the first counts and
    ``conflict`` says so in words. Spacing is ImagerPixelSpacing (at the detector), then PixelSpacing, then
    NominalScannedPixelSpacing, in mm.

    Returns:
        The keys of :data:`BLANK`; unknown text is "", an unknown number NaN.
    """
    view, modifiers = coded_view(header)
    side, side_conflict = _agreed("laterality", _sides(header))
    seen, view_conflict = _agreed("view", [("ViewCodeSequence", view), ("ViewPosition", _position(header))])
    photometric = _text(header, "PhotometricInterpretation")
    return {
        **BLANK,
        "patient": _text(header, "PatientID"),
        "study": _text(header, "StudyInstanceUID"),
        "series": _text(header, "SeriesInstanceUID"),
        "sop": _text(header, "SOPInstanceUID"),
        "laterality": side,
        "view": seen,
        "view_modifiers": ", ".join(modifiers),
        "density": _density(header),
        "age": _age(header),
        "pixel_spacing": _spacing(header),
        "photometric": photometric,
        "bits": stored_words(header).bits if header.get("BitsAllocated") else 0,
        "source_rows": int(header.get("Rows") or 0),
        "source_columns": int(header.get("Columns") or 0),
        "vendor": _text(header, "Manufacturer"),
        "model": _text(header, "ManufacturerModelName"),
        "conflict": "; ".join(filter(None, (side_conflict, view_conflict, _shape_conflict(header, photometric)))),
    }


def coded_view(header: Dataset) -> tuple[str, list[str]]:
    """View ("" when unknown) and its modifiers from the first item of View Code Sequence."""
    item = _first_item(header, "ViewCodeSequence")
    modifiers = [_code(modifier) for modifier in item.get("ViewModifierCodeSequence") or ()]
    return VIEWS.get(_code(item), ""), [MODIFIERS[code] for code in modifiers if code in MODIFIERS]


def _first_item(header: Dataset, keyword: str) -> Dataset:
    items = header.get(keyword)
    return items[0] if items else Dataset()


def _code(item: Dataset) -> str:
    return _text(item, "CodeValue").upper()


def _text(header: Dataset, keyword: str) -> str:
    return "\\".join(texts(header, keyword))


def _agreed(name: str, sources: list[tuple[str, str]]) -> tuple[str, str]:
    """The first known value, and a sentence when a later source contradicts it."""
    known = [(tag, value) for tag, value in sources if value]
    if not known:
        return "", ""
    said = ", ".join(f"{tag} {value}" for tag, value in known)
    return known[0][1], f"{name}: {said}" if len({value for _, value in known}) > 1 else ""


def _sides(header: Dataset) -> list[tuple[str, str]]:
    anatomy = _first_item(_first_item(header, "SharedFunctionalGroupsSequence"), "FrameAnatomySequence")
    sources = [(header, "ImageLaterality"), (header, "Laterality"), (anatomy, "FrameLaterality")]
    sides = [(tag, _text(data, tag).upper()) for data, tag in sources]
    return [(tag, side) for tag, side in sides if side in ("L", "R")]


def _position(header: Dataset) -> str:
    """ViewPosition, less a side written before it ("RMLO")."""
    position = _text(header, "ViewPosition").upper()
    match = re.fullmatch(r"[LR][ _-]?(\w+)", position)
    return match[1] if match and match[1] in VIEWS.values() else position


def _density(header: Dataset) -> str:
    """ACR category from a coded answer in Acquisition Context, the only place of the image object that may hold one."""
    for item in header.get("AcquisitionContextSequence") or ():
        for code in item.get("ConceptCodeSequence") or ():
            if _code(code) in DENSITIES:
                return DENSITIES[_code(code)]
    return ""


def _age(header: Dataset) -> float:
    match = re.fullmatch(r"(\d{3})([DWMY])", _text(header, "PatientAge"))
    return int(match[1]) * DAYS_PER_UNIT[match[2]] / DAYS_PER_UNIT["Y"] if match else UNKNOWN


def _spacing(header: Dataset) -> list[float]:
    for keyword in ("ImagerPixelSpacing", "PixelSpacing", "NominalScannedPixelSpacing"):
        spacing = numbers(header, keyword)
        if len(spacing) == 2 and min(spacing) > 0:
            return spacing
    return [UNKNOWN, UNKNOWN]


def _shape_conflict(header: Dataset, photometric: str) -> str:
    """DX/MG pair MONOCHROME1 with INVERSE and MONOCHROME2 with IDENTITY (C.8.11.3); the photometric value counts."""
    shape = _text(header, "PresentationLUTShape")
    expected = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}.get(photometric, shape)
    return f"{photometric} with PresentationLUTShape {shape}" if shape and shape != expected else ""
