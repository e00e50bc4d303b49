"""Rows of an Excel workbook, as some data sets publish their tables; openpyxl (an extra) reads them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from mammo_monai.errors import MammoError, missing_extra

_ZIP = b"PK\x03\x04"
MOST_UNZIPPED = 1 << 28
"""Bytes a workbook may unfold to; a table of a million cells needs a tenth of it."""


def is_workbook(path: Path) -> bool:
    """Whether a file's content is a zip archive, as that of a workbook is."""
    try:
        with path.open("rb") as file:
            return file.read(len(_ZIP)) == _ZIP
    except OSError:
        return False


def workbook_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Row number and cells of every row of the first sheet that is not blank, all as long as the first.

    Raises:
        MammoError: openpyxl is not installed, or the file is no workbook.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise missing_extra(f"{path}: reading Excel needs openpyxl (or save it as CSV in UTF-8)", "excel") from None
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNZIPPED:
                raise ValueError("it unfolds to more than a table needs")
        with path.open("rb") as file:  # by its path openpyxl would ask for an Excel ending
            sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
            rows = [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    except Exception as error:  # what a damaged archive makes zipfile and openpyxl raise has no common base
        why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise MammoError(f"{path}: not a readable workbook ({why}); save it as CSV in UTF-8", "bad-table") from None
    width = max((_used(row) for row in rows), default=0)
    for line, row in enumerate(rows, 1):
        if any(row):
            yield line, (row + [""] * width)[:width]


def _used(row: list[str]) -> int:
    """Cells up to the last that says something: Excel keeps formatted blanks to the right of a table."""
    return max((i for i, cell in enumerate(row, 1) if cell), default=0)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
