"""Label tables as they come: CSV of any delimiter, byte-order mark or Windows encoding, and Excel workbooks;
errors name file and line.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mammo_monai.datasets.workbooks import is_workbook, workbook_rows
from mammo_monai.errors import MammoError

T = TypeVar("T")

_DELIMITERS = ",;\t|"
_UNKNOWN = frozenset({"", "na", "n/a", "nan", "none", "null", "unknown"})
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; cells by column name, stripped of surrounding blanks."""

    path: Path
    line: int
    cells: Mapping[str, str]

    @property
    def source(self) -> str:
        """Where this row stands, as "table:line"."""
        return f"{self.path.name}:{self.line}"

    def get(self, column: str | None, parse: Callable[[str], T]) -> T | None:
        """The parsed cell, None where the table has no such column (``None``) or the cell says unknown.

        Raises:
            MammoError: ``parse`` refused the text (its ValueError says what was expected).
        """
        text = self.cells[column] if column is not None else ""
        if text.lower() in _UNKNOWN:
            return None
        try:
            return parse(text)
        except ValueError as error:
            raise self.wrong(column, str(error)) from None

    def need(self, column: str, parse: Callable[[str], T]) -> T:
        """Like :meth:`get` for a cell that has to say something."""
        value = self.get(column, parse)
        if value is None:
            raise self.wrong(column, "a value")
        return value

    def wrong(self, column: str | None, expected: str) -> MammoError:
        """The error for a cell that is not what it should be."""
        shown = self.cells.get(column or "", "")
        shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
        return MammoError(
            f"{self.path}, line {self.line}, column {column!r}: expected {expected}, found {shown!r}; "
            "correct the table",
            reason="bad-value",
        )


def read_text(path: Path) -> str:
    """The text of a small file: UTF-16 with a byte-order mark (Excel's "Unicode text"), else UTF-8 (with or
    without one), else Windows-1252.

    Raises:
        MammoError: no such file, not readable, empty, or not text.
    """
    data = _read(path)
    if not data.strip():
        raise MammoError(f"{path}: is empty; download or export it again", "empty-table")
    for encoding in ("utf-16",) if data.startswith(_UTF16) else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise MammoError(
                f"{path}: not a text file (NUL at {text.index(chr(0))}); save it as CSV in UTF-8", "not-text"
            )
        return text
    raise MammoError(f"{path}: neither UTF-8, UTF-16 nor Windows-1252; save it as CSV in UTF-8", "encoding")


def read_table(path: Path, columns: Sequence[str] = ()) -> list[Row]:
    """All rows of a table whose first line that is not blank names the columns.

    The delimiter (comma, semicolon, tab, bar) is the one that gives the header most fields. ``line`` of a row
    that runs over several lines is its last. An Excel workbook (told by its content) is read likewise, from its first
    sheet.

    Raises:
        MammoError: unreadable (see :func:`read_text`), a column of ``columns`` is missing, a column name is
            there twice, a row has another number of cells than the header, or there is no row.
    """
    lines = workbook_rows(path) if is_workbook(path) else _csv_rows(path)
    _, first = next(lines, (0, []))
    header = [name.strip() for name in first]
    _check_header(path, header, columns)
    rows = [Row(path, line, _cells(path, line, header, cells)) for line, cells in lines]
    if not rows:
        raise MammoError(f"{path}: has a header and no rows; download or export it again", "empty-table")
    return rows


def rows_by(rows: Sequence[Row], identity: Mapping[str, Callable[[str], str]]) -> dict[tuple[str, ...], Row]:
    """Rows by the columns that identify them, each with what parses it.

    Raises:
        MammoError: such a cell is blank, or two rows have the same identity and say different things.
    """
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = tuple(row.need(column, parse) for column, parse in identity.items())
        first = found.setdefault(key, row)
        if first.cells != row.cells:
            raise MammoError(
                f"{row.path}, line {row.line}: {' '.join(key)} stands in line {first.line} already, with other values; "
                "correct the table",
                reason="duplicate-row",
            )
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise MammoError(f"{path}: no such file; is this the data set's own folder?", "missing-table") from None
    except OSError as error:
        raise MammoError(f"{path}: cannot be read ({error.strerror})", "unreadable-table") from None


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not blank."""
    text = read_text(path)
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(_DELIMITERS, key=lambda sign: len(next(csv.reader([first], delimiter=sign), [])))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from ((reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells))
    except csv.Error as error:
        raise MammoError(f"{path}, line {reader.line_num}: not a valid table ({error})", "bad-table") from None


def _cells(path: Path, line: int, header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(header):
        raise MammoError(
            f"{path}, line {line}: {len(cells)} cells under a header of {len(header)}; correct the table",
            reason="ragged-row",
        )
    return dict(zip(header, map(str.strip, cells), strict=True))


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in header]
    if missing:
        raise MammoError(
            f"{path}: no column {', '.join(map(repr, missing))}; it has {', '.join(map(repr, header))}",
            reason="missing-column",
        )
    twice = sorted({name for name in header if name and header.count(name) > 1})  # spreadsheets leave blank ones
    if twice:
        raise MammoError(f"{path}: column {twice[0]!r} stands there twice; rename one", "duplicate-column")
