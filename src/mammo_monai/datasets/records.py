"""The one record every data set is read into; see ``docs/decisions/004-records-and-datalist.md``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SECTIONS = ("training", "validation", "test")


@dataclass(frozen=True, slots=True)
class Finding:
    """One marked abnormality, in pixels of the source image (row, column from the top left).

    Attributes:
        categories: what it is, in the data set's own words (a VinDr box may carry several).
        box: (row_min, col_min, row_max, col_max), half-open, clipped to the image; None when there is no box.
        circle: (row, column, radius); None when not marked by a circle.
        outline: corners (row, column) of a closed polygon around it; None when not drawn.
        mask: posix path, relative to the data set's root, of an image whose nonzero pixels are the finding.
        birads: category of this finding, "0".."6" or "4A".."4C"; None when unknown.
        pathology: "benign", "malignant" or None when unknown.
    """

    categories: tuple[str, ...]
    box: tuple[float, float, float, float] | None = None
    circle: tuple[float, float, float] | None = None
    outline: tuple[tuple[float, float], ...] | None = None
    mask: str | None = None
    birads: str | None = None
    pathology: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One image and what its data set says about it. Unknown is None, never 0 or an empty class.

    Attributes:
        image: posix path relative to the data set's root.
        patient: identifier unique within the data set; splits never divide it.
        exam: study identifier within the data set.
        laterality: "L" or "R".
        view: "CC", "MLO" or another PS3.16 CID 4014 abbreviation.
        birads: assessment of the breast or image, "0".."6" or "4A".."4C".
        pathology: "normal", "benign" or "malignant".
        density: ACR category "A".."D".
        findings: every marked abnormality.
        split: one of :data:`SECTIONS`, the official split this image belongs to; None where there is none.
        extra: further text columns of the data set, by name; "age" (years), "vendor", "device" and "site" mean the
            same in every data set.
        others: posix paths, relative to the root, of further files that belong to this image (mask, crop, overlay).
        notes: codes of what the adapter corrected, such as "box-clipped"; counted wherever records are.
        excluded: code of the data set's own reason to leave this image out; None for one to be used.
        source: where the data set states this, as "table:line"; not compared, so that duplicates are equal.
    """

    image: str
    patient: str
    exam: str
    laterality: str | None = None
    view: str | None = None
    birads: str | None = None
    pathology: str | None = None
    density: str | None = None
    findings: tuple[Finding, ...] = ()
    split: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    excluded: str | None = None
    source: str = field(default="", compare=False)


def value(record: Record, name: str) -> str | None:
    """A text field of a record, or one of its extra columns, by name; None when unknown or blank."""
    return getattr(record, name, None) or record.extra.get(name) or None
