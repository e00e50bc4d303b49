"""INbreast: 115 full-field digital exams (410 DICOM images), Porto, 2008-2010, Siemens MammoNovation.

Holds ``INbreast.csv`` (separator ``;``; one row per image: BI-RADS 1..6 with 4a, 4b, 4c; ACR density 1..4),
``AllDICOMs/<number>_<patient>_MG_<side>_<view>_ANON.dcm`` and ``AllXML/<number>.xml`` (OsiriX property lists of
outlined findings). 90 exams show both breasts, 25 follow a mastectomy. An export of ``INbreast.xls`` as CSV, with
further columns and notes below the table, is read as well.

Read as: the table's Patient ID says "removed", so a patient is the second part of the image's name and an exam a
patient on an acquisition date; an image that is not there gets its number for both and the note "patient-unknown",
and its path keeps a ``*``. A finding is one region: its outline, the box around it and the data set's own word for
it, spelling variants joined ("Assymetry", "Espiculated Region", "Calcifications") and what OsiriX named itself
("Point 1", no name) called "Unnamed". A box is clipped to the image (note "box-clipped"; off the image there is
none, "box-off-image"); that of a single point is the one pixel there, no radius is made up. Findings have no BI-RADS
of their own. No region file is no finding; only BI-RADS 1 is expected to have none, any other such image has the
note "no-region-file". No pathology is stated.

Licence: on request, research only. Cite: I. C. Moreira et al., "INbreast: toward a full-field digital mammographic
database", Academic Radiology 19 (2012), 236-248, doi:10.1016/j.acra.2011.09.014. Obtain: write to the Breast
Research Group, INESC Porto (https://medicalresearch.inescporto.pt/breastresearch).
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from mammo_monai.datasets import plist_regions, values
from mammo_monai.datasets.lookup import index
from mammo_monai.datasets.records import Record
from mammo_monai.datasets.regions import finding, image_shape
from mammo_monai.datasets.tables import Row, read_table

PUBLISHED = {"exams": 115, "images": 410}

_COLUMNS = ("Laterality", "View", "Acquisition date", "File Name", "ACR", "Bi-Rads")
_SPELLINGS = {
    "assymetry": "Asymmetry",
    "asymmetry": "Asymmetry",
    "calcification": "Calcification",
    "calcifications": "Calcification",
    "cluster": "Cluster",
    "distortion": "Distortion",
    "espiculated region": "Spiculated Region",
    "mass": "Mass",
    "spiculated region": "Spiculated Region",
    "": "Unnamed",
}
_MADE_BY_OSIRIX = re.compile(r"(?:point \d+|unnamed)", re.IGNORECASE)


def records(root: Path) -> list[Record]:
    """Every image of ``INbreast.csv``, with its regions, in the table's order.

    Raises:
        MammoError: the table is missing, lacks a column or holds a value that cannot be; two files with one number;
            a region file that is none.
    """
    images = index(root, "AllDICOMs/*.dcm", lambda path: path.stem.partition("_")[0])
    regions = index(root, "AllXML/*.xml", lambda path: path.stem)
    rows = read_table(root / "INbreast.csv", _COLUMNS)
    # The spreadsheet's notes below the table fill none of the columns.
    return [_image(root, row, images, regions) for row in rows if any(row.cells[name] for name in _COLUMNS)]


def _image(root: Path, row: Row, images: dict[str, str], regions: dict[str, str]) -> Record:
    number = row.need("File Name", _whole)
    side = row.need("Laterality", values.laterality)
    date = row.need("Acquisition date", _whole)
    birads = row.get("Bi-Rads", values.birads)
    image, drawn = images.get(number), regions.get(number)
    patient = PurePosixPath(image or "").stem.partition("_")[2].partition("_")[0] or None
    shape = image_shape(root / image) if image and drawn else None
    found = [
        finding(region, (_category(region.name),), shape)
        for region in (plist_regions.read(root / drawn) if drawn else ())
    ]
    notes = {note for _, note in found if note}
    notes |= {"patient-unknown"} if patient is None else set()
    notes |= {"no-region-file"} if drawn is None and birads != "1" else set()
    return Record(
        image=image or f"AllDICOMs/{number}_*_MG_{side}_*_ANON.dcm",
        patient=patient or number,
        exam=f"{patient or number}-{date}",
        laterality=side,
        view=row.get("View", values.view),
        birads=birads,
        density=row.get("ACR", values.density),
        findings=tuple(mark for mark, _ in found),
        extra={"acquisition date": date, "vendor": "Siemens", "device": "MammoNovation"},
        others=(drawn,) if drawn else (),
        notes=tuple(sorted(notes)),
        source=row.source,
    )


def _category(name: str) -> str:
    return "Unnamed" if _MADE_BY_OSIRIX.fullmatch(name) else _SPELLINGS.get(name.lower(), name)


def _whole(text: str) -> str:
    """Digits; a spreadsheet may have made "20586908.0" of them."""
    digits = text.removesuffix(".0")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("a whole number")
    return digits
