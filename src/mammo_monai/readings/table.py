"""Readers' tables: what each reader said of each case, in the long or in the wide form.

Long: one row per case and reader, with a column ``reader``. Wide: one row per case, with a column per label and
reader, ``birads_anna``. A case is an image; without an image column, a breast (exam and laterality) or an exam.
Columns are found under the names of :data:`IDENTITY` and :data:`LABELS` or under those that ``columns`` names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mammo_monai.datasets import values
from mammo_monai.datasets.tables import Row, read_table
from mammo_monai.errors import MammoError


def _path(text: str) -> str:
    return text.replace("\\", "/")


IDENTITY: Mapping[str, Callable[[str], str]] = {
    "image": _path,
    "patient": str,
    "exam": str,
    "laterality": values.laterality,
    "view": values.view,
    "split": values.section,
    **dict.fromkeys(("dataset", "age", "vendor", "device", "site"), str),
}
"""Columns that say which case a row is about; the consensus keeps them."""
LABELS: Mapping[str, Callable[[str], str]] = {
    "birads": values.birads,
    "density": values.density,
    "pathology": values.pathology,
}
"""Labels whose values are known; any other label is text."""
_CASES = (("image",), ("exam", "laterality", "view"), ("patient", "laterality", "view"))


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader said, and the row it stands in."""

    value: str
    row: Row


@dataclass(frozen=True, slots=True)
class Case:
    """One image, breast or exam and what was said of it.

    Attributes:
        name: the cells that tell it apart, in words.
        identity: the cells of :data:`IDENTITY` that are known.
        readings: label -> reader -> reading; a reader who said nothing is not there.
    """

    name: str
    identity: dict[str, str]
    readings: dict[str, dict[str, Reading]]


@dataclass(frozen=True, slots=True)
class Readings:
    """A readers' table.

    Attributes:
        path: where it was read.
        identity: the columns of :data:`IDENTITY` that it has.
        labels: what was read.
        readers: their names, sorted.
        cases: in the table's order.
        repeated: readings that stand there once more, with the same value.
        dropped: its columns that are none of this.
    """

    path: Path
    identity: tuple[str, ...]
    labels: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[Case, ...]
    repeated: int
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    """A column with readings; in the long form the row says whose."""

    column: str
    label: str
    reader: str | None


def read_readings(
    path: Path, labels: Sequence[str] = (), readers: Sequence[str] = (), columns: Mapping[str, str] | None = None,
    *, at_least: int = 2, known: Collection[str] = (),
) -> Readings:  # fmt: skip
    """A readers' table of either form.

    Args:
        path: the table; delimiter and encoding are found out.
        labels: what was read; () takes those of :data:`LABELS` that it has.
        readers: of a wide table whose columns are named by the reader alone (one label); () for any other.
        columns: its own name of a column by ours ("reader", a label or one of :data:`IDENTITY`).
        at_least: readers there must be.
        known: see :func:`stated`.

    Raises:
        MammoError: unreadable (see :func:`~mammo_monai.datasets.tables.read_table`), no column of a case, a label or a
            reader, a cell that no label can have, a case that is described in two ways, a reader who said two things
            about one case, or too few readers.
    """
    own = dict(columns or {})
    if unknown := sorted(set(own) - {"reader", *IDENTITY, *LABELS, *labels}):
        raise MammoError(
            f"no option --{unknown[0]}; columns are --reader, --{', --'.join((*IDENTITY, *LABELS))}", "usage"
        )
    if readers and len(labels) != 1:
        raise MammoError("option --readers: columns named by readers hold one label; name it with --labels", "usage")
    rows = read_table(path)
    header = list(rows[0].cells)
    _refuse_missing(path, header, own.values() if not readers else [*own.values(), *readers])
    identity = {ours: name for ours in IDENTITY if (name := own.get(ours, ours)) in header}
    by = next((by for by in _CASES if by[0] in identity), None)
    if by is None:
        raise MammoError(f"{path}: no column 'image', 'exam' or 'patient' tells the cases apart; add one", "no-case")
    reader_column = own.get("reader", "reader")
    cells = _cells(path, header, labels, readers, own)
    names = tuple(dict.fromkeys(cell.label for cell in cells))
    cases: dict[tuple[str, ...], Case] = {}
    repeated = 0
    for row in rows:
        row.need(identity[by[0]], str)
        about = {ours: text for ours, name in identity.items() if (text := row.get(name, IDENTITY[ours])) is not None}
        key = tuple(about.get(column, "") for column in by)
        case = cases.setdefault(key, Case(" ".join(filter(None, key)), {}, {name: {} for name in names}))
        _describe(case, about, row, identity)
        for cell in cells:
            reader = cell.reader or row.need(reader_column, str)
            if (value := stated(row, cell.column, LABELS.get(cell.label, str), known)) is not None:
                repeated += _add(case, cell.label, reader, Reading(value, row))
    used = {*identity.values(), reader_column, *(cell.column for cell in cells)}
    return Readings(
        path,
        tuple(identity),
        names,
        _readers(path, cases.values(), at_least),
        tuple(cases.values()),
        repeated,
        tuple(name for name in header if name not in used),
    )


def stated(row: Row, column: str, parse: Callable[[str], str], known: Collection[str] = ()) -> str | None:
    """What a cell says; None where it says unknown.

    Args:
        row: its row.
        column: its column.
        parse: what makes a value of its text.
        known: texts that are values as they stand: a class may be called "none", which is unknown anywhere else.

    Raises:
        MammoError: ``parse`` refused the text.
    """
    text = row.cells[column]
    return text if text in known else row.get(column, parse)


def _refuse_missing(path: Path, header: Sequence[str], needed: Iterable[str]) -> None:
    missing = [name for name in needed if name not in header]
    # A wide table has no column of the label's own name, only columns that start with it.
    missing = [name for name in missing if not any(column.startswith(f"{name}_") for column in header)]
    if missing:
        raise MammoError(
            f"{path}: no column {missing[0]!r}; it has {', '.join(map(repr, header))}", reason="missing-column"
        )


def _cells(
    path: Path, header: Sequence[str], labels: Sequence[str], readers: Sequence[str], own: Mapping[str, str]
) -> list[_Cell]:
    """The columns with readings; the form is long where there is a column of readers."""
    wanted = {label: own.get(label, label) for label in labels or LABELS}
    if readers:
        found = [_Cell(reader, labels[0], reader) for reader in readers]
    elif own.get("reader", "reader") in header:
        found = [_Cell(name, label, None) for label, name in wanted.items() if name in header]
    else:
        by_length = sorted(wanted.items(), key=lambda item: len(item[1]))  # so that the longest fitting name wins
        whose = {
            column: _Cell(column, label, column.removeprefix(f"{name}_"))
            for label, name in by_length
            for column in header
            if column.startswith(f"{name}_") and column != f"{name}_"
        }
        found = [whose[column] for column in header if column in whose]
    missing = [label for label in wanted if label not in {cell.label for cell in found}]
    if not found or (labels and missing):
        name = wanted[missing[0]]
        raise MammoError(
            f"{path}: no column {name!r} beside 'reader' and none such as '{name}_ANNA'; name what was read with "
            f"--labels; it has {', '.join(map(repr, header))}",
            reason="missing-column",
        )
    return found


def _describe(case: Case, about: Mapping[str, str], row: Row, identity: Mapping[str, str]) -> None:
    """Add what a row says of the case itself; two rows may not contradict each other."""
    for ours, text in about.items():
        if case.identity.setdefault(ours, text) != text:
            raise row.wrong(identity[ours], f"{case.identity[ours]!r} as in an earlier row of {case.name}")


def _add(case: Case, label: str, reader: str, reading: Reading) -> bool:
    """Add a reading; whether it had been there already."""
    earlier = case.readings[label].setdefault(reader, reading)
    if earlier.value != reading.value:
        raise MammoError(
            f"{reading.row.path}, line {reading.row.line}: reader {reader!r} says {label} {reading.value!r} of "
            f"{case.name} and {earlier.value!r} in line {earlier.row.line}; keep one",
            reason="two-readings",
        )
    return earlier is not reading


def _readers(path: Path, cases: Iterable[Case], at_least: int) -> tuple[str, ...]:
    """The readers' names; one name in two spellings would be a second reader who is none."""
    names = sorted({reader for case in cases for said in case.readings.values() for reader in said})
    spelled: dict[str, str] = {}
    for name in names:
        if (other := spelled.setdefault(name.casefold(), name)) != name:
            raise MammoError(f"{path}: readers {other!r} and {name!r}; spell one reader in one way", "two-spellings")
    if len(names) < at_least:
        raise MammoError(f"{path}: readings of {len(names)} reader(s), expected {at_least} or more", "one-reader")
    return tuple(names)
