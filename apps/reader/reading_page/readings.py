"""Readings as a CSV with one row per image and rater, as ``mammo-monai reader-study`` reads it, and a journal beside.

The table is written anew and renamed at every change, under a lock: a crash leaves the old or the new table, and two
pages never lose a row. What was replaced stays in the journal, one JSON per line, as does who was shown which result.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from mammo_monai.datasets.tables import read_table
from mammo_monai.errors import MammoError
from mammo_monai.files import write_text
from reading_page.rater import AIDED, plain, reader_name

COLUMNS: Final = (
    "image", "patient", "exam", "laterality", "view", "reader", "birads", "class", "read_as", "note", "seconds", "ai",
    "bundle", "weights", "saved",
)  # fmt: skip
BIRADS: Final = ("0", "1", "2", "3", "4", "4A", "4B", "4C", "5", "6")
SHOWN, NOT_SHOWN = "shown", "not shown"
PATIENCE: Final = 10
"""Seconds until another writer must be done."""

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """An image of an exam that was read; ``image`` names it as a table of predictions does."""

    image: str
    patient: str
    exam: str
    laterality: str
    view: str
    birads: str
    class_name: str


class Readings:
    """The table at ``path`` and its journal.

    Raises:
        MammoError: the table is there and is not ours, or its folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.journal = self.path.with_suffix(".journal.jsonl")
        self._lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=PATIENCE)
        with self._alone():
            self._write(self._rows())

    def shown(self, patient: str, exam: str, reader: str) -> bool:
        """Whether a reader, or somebody who gave no name, was shown the result of an exam."""
        with self._alone():
            return self._was_shown(patient, exam, reader)

    def note_shown(self, patient: str, exam: str, reader: str) -> None:
        """Keep that the result of an exam is shown to a reader ("" for somebody without a name)."""
        with self._alone():
            name = self._name(reader) if reader.strip() else ""
            if not self._was_shown(patient, exam, name):
                self._log({"event": "result shown", "patient": patient, "exam": exam, "reader": name})

    def of(self, patient: str, exam: str, reader: str) -> list[Row]:
        """A reader's last reading of an exam; [] where there is none."""
        with self._alone():
            rows = self._rows()
            name = self._name(reader, rows)
        own = [row for row in rows if _is_of(row, patient, exam) and row["reader"] in (name, name + AIDED)]
        last = max(own, key=lambda row: row["saved"])["reader"] if own else ""
        return [row for row in own if row["reader"] == last]

    def save(
        self,
        cases: Sequence[Case],
        *,
        reader: str,
        read_as: str,
        note: str,
        seconds: float,
        bundle: str,
        weights: str,
    ) -> list[Row]:
        """Keep a reading of one exam, in place of the same rater's earlier one.

        Args:
            cases: every image of the exam; those without a category are not written.
            reader: as typed.
            read_as: "breast" or "image": what the reader was asked for.
            note: of the exam.
            seconds: the exam was looked at.
            bundle: of the result, kept where it was shown.
            weights: likewise, their SHA-256.

        Returns:
            the rows.

        Raises:
            MammoError: no case, no category, a reader's name that cannot be one, or a folder that cannot be written.
        """
        read = [case for case in cases if case.birads or case.class_name]
        if not read:
            raise MammoError("choose a category first", "no-category")
        patient, exam = read[0].patient, read[0].exam
        with self._alone():
            rows = self._rows()
            name = self._name(reader, rows)
            aided = self._was_shown(patient, exam, name)
            common = {
                "reader": name + AIDED if aided else name,
                "read_as": read_as,
                "note": cell(note),
                "seconds": f"{seconds:.0f}",
                "ai": SHOWN if aided else NOT_SHOWN,
                "bundle": bundle if aided else "",
                "weights": weights if aided else "",
                "saved": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            }
            made = [_row(case) | common for case in read]
            self._log({"event": "reading", "rows": made})
            kept = [row for row in rows if not (_is_of(row, patient, exam) and row["reader"] == common["reader"])]
            self._write([*kept, *made])
        return made

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock:
                yield
        except Timeout:
            raise MammoError(f"{self.path}: another program has been writing for {PATIENCE} s", "locked") from None
        except OSError as error:
            raise MammoError(
                f"{self.path}: cannot be written ({error.strerror or error}); name another file with --readings",
                "not-writable",
            ) from error

    def _name(self, reader: str, rows: Sequence[Row] | None = None) -> str:
        rows = self._rows() if rows is None else rows
        return reader_name(reader, (row["reader"].removesuffix(AIDED) for row in rows))

    def _rows(self) -> list[Row]:
        if not self.path.exists():
            return []
        if self.path.is_file() and self.path.read_text(encoding="utf-8").strip() == ",".join(COLUMNS):
            return []
        rows = read_table(self.path, COLUMNS)
        return [{column: row.cells[column] for column in COLUMNS} for row in rows]

    def _write(self, rows: Sequence[Row]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.path, text.getvalue())

    def _log(self, event: dict[str, Any]) -> None:
        line = json.dumps({"time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"), **event})
        with self.journal.open("ab") as file:
            file.write(b"\n" + line.encode("ascii") + b"\n")  # apart from what a crash may have left
            file.flush()
            os.fsync(file.fileno())

    def _was_shown(self, patient: str, exam: str, reader: str) -> bool:
        return any(
            event.get("event") == "result shown"
            and (event["patient"], event["exam"]) == (patient, exam)
            and event["reader"].casefold() in ("", reader.casefold())
            for event in self._events()
        )

    def _events(self) -> Iterator[dict[str, Any]]:
        """Of the journal; a last line that a crash cut short is none."""
        if self.journal.exists():
            for line in self.journal.read_bytes().splitlines():
                try:
                    yield json.loads(line)
                except ValueError:
                    continue


def _row(case: Case) -> Row:
    about = {name: cell(getattr(case, name)) for name in ("image", "patient", "exam", "laterality", "view", "birads")}
    return about | {"class": case.class_name}


def _is_of(row: Row, patient: str, exam: str) -> bool:
    return (row["patient"], row["exam"]) == (cell(patient), cell(exam))


def cell(text: str) -> str:
    """A text as it is read back."""
    return plain(text).strip()
