"""Label tables as they come: any delimiter, byte-order mark, Windows encoding; errors name file and line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mammo_monai.errors import MammoError

T = TypeVar("T")

_DELIMITERS = ",;\t|"
_UNKNOWN = frozenset({"", "na", "n/a", "nan", "none", "null", "unknown"})


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
    """The text of a small file in UTF-8 (with or without byte-order mark) or, failing that, Windows-1252.

    Raises:
        MammoError: no such file, not readable, empty, or not text.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MammoError(f"{path}: no such file; is this the data set's own folder?", "missing-table") from None
    except OSError as error:
        raise MammoError(f"{path}: cannot be read ({error.strerror})", "unreadable-table") from None
    if not data.strip():
        raise MammoError(f"{path}: is empty; download or export it again", "empty-table")
    if b"\0" in data:
        at = data.index(b"\0")
        raise MammoError(f"{path}: not a text file (NUL at byte {at}); save it as CSV in UTF-8", "not-text")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MammoError(f"{path}: neither UTF-8 nor Windows-1252; save it as CSV in UTF-8", "encoding")


def read_table(path: Path, columns: Sequence[str] = ()) -> list[Row]:
    """All rows of a table whose first line names the columns.

    The delimiter (comma, semicolon, tab, bar) is the one that gives the header most fields. ``line`` of a row
    that runs over several lines is its last.

    Raises:
        MammoError: unreadable (see :func:`read_text`), a column of ``columns`` is missing, a column name is
            there twice, a row has another number of cells than the header, or there is no row.
    """
    text = read_text(path)
    delimiter = max(_DELIMITERS, key=lambda sign: len(next(csv.reader(text.splitlines(), delimiter=sign), [])))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    try:
        header = [name.strip() for name in next(reader)]
        _check_header(path, header, columns)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise MammoError(
                    f"{path}, line {reader.line_num}: {len(cells)} cells under a header of {len(header)}; "
                    "correct the table",
                    reason="ragged-row",
                )
            rows.append(Row(path, reader.line_num, dict(zip(header, map(str.strip, cells), strict=True))))
    except csv.Error as error:
        raise MammoError(f"{path}, line {reader.line_num}: not a valid table ({error})", "bad-table") from None
    if not rows:
        raise MammoError(f"{path}: has a header and no rows; download or export it again", "empty-table")
    return rows


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in header]
    if missing:
        raise MammoError(
            f"{path}: no column {', '.join(map(repr, missing))}; it has {', '.join(map(repr, header))}",
            reason="missing-column",
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise MammoError(f"{path}: column {twice[0]!r} stands there twice; rename one", "duplicate-column")
