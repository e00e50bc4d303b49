"""One module per folder and table layout a phantom set can be written in, found by listing this folder.

A layout bears the name of the data set it imitates, quirks included, so that the data set's adapter reads real
files of its format without a case for phantoms.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from mammo_monai import listing
from mammo_monai.phantom.plan import Exam

Row = Mapping[str, object]
Tables = Mapping[str, list[Row]]
"""Rows by the name of the table they belong to."""


class Layout(Protocol):
    """What a module in this folder provides."""

    TABLES: Sequence[str]
    """Every table's path relative to the set's root, written last: a set without them is unfinished."""

    def files(self, exam: Exam) -> Sequence[Path]:
        """Every file of one exam, relative to the set's root."""
        ...

    def write_exam(self, root: Path, exam: Exam, rows: int, cols: int) -> Tables:
        """Write the exam's files (folders included) and return what the tables say about them."""
        ...

    def table(self, name: str, rows: Sequence[Row]) -> str:
        """The text of one of ``TABLES``."""
        ...


def names() -> list[str]:
    """The layouts there are."""
    return listing.names(__name__)


def load(name: str) -> Layout:
    """One layout by its name ("cbis-ddsm" and "cbis_ddsm" are the same).

    Raises:
        MammoError: no such layout.
    """
    refusal = f"no phantom layout {name!r}; choose one of"
    layout: Layout = listing.load(__name__, name.replace("-", "_"), refusal, "unknown-layout")
    return layout


def csv_text(columns: Sequence[str], rows: Iterable[Row], delimiter: str = ",") -> str:
    """Rows as CSV text; a missing value is an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
