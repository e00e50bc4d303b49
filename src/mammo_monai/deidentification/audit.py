"""What became of each file, as tables: one to hand on, free of identities, and one that stays with the originals."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mammo_monai.deidentification.review import write_sheets
from mammo_monai.files import write_text
from mammo_monai.transforms.breast_region import Box

WRITTEN: Final = "written"
AUDIT: Final = ("source", "outcome", "file", "altered", "boxes", "burned_in", "removed", "private", "syntax", "bytes")
SOURCES: Final = ("path", "source", "outcome", "file", "message")


@dataclass(frozen=True)
class Outcome:
    """What became of one original.

    Attributes:
        path: relative to the input; it may name a patient.
        source: keyed digest of its bytes, "" for a file that cannot be opened.
        outcome: "written", or the reason code for which it was left out.
        message: why it was left out; it names the file.
        file: path of the new file relative to the output.
        altered: whether pixels were changed.
        boxes: (row_min, col_min, row_max, col_max) set to air, where they lie outside the breast.
        burned_in: Burned In Annotation of the new file, "" where it has none.
        removed: top-level elements of the original that are gone.
        private: of them private.
        syntax: transfer syntax of the new file.
        bytes: its size.
    """

    path: str
    source: str
    outcome: str
    message: str = ""
    file: str = ""
    altered: bool = False
    boxes: list[Box] = field(default_factory=list)
    burned_in: str = ""
    removed: int = 0
    private: int = 0
    syntax: str = ""
    bytes: int = 0


def write(outcomes: Sequence[Outcome], out: Path, review: Path) -> None:
    """Write ``out/audit.csv``, and ``sources.csv`` and the contact sheets of all images under ``review``.

    Rows of the audit are sorted by the keyed digest: their order tells nothing about the originals'.
    """
    write_text(out / "audit.csv", _table(AUDIT, sorted(outcomes, key=lambda outcome: (outcome.source, outcome.path))))
    write_text(review / "sources.csv", _table(SOURCES, outcomes))
    for name, altered in (("changed", True), ("unchanged", False)):
        tiles = [tile(review, row.source) for row in outcomes if row.outcome == WRITTEN and row.altered == altered]
        write_sheets([path for path in tiles if path.is_file()], review, name)


def tile(review: Path, source: str) -> Path:
    """Where the picture of one image is kept from which sheets are made."""
    return review / "tiles" / f"{source}.png"


def _table(columns: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows([_cell(getattr(outcome, column)) for column in columns] for outcome in outcomes)
    return text.getvalue()


def _cell(value: object) -> object:
    return ";".join(" ".join(map(str, box)) for box in value) if isinstance(value, list) else value
