"""What a job has done so far, one JSON line per file, so that a kill loses at most the file in hand."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from mammo_monai.errors import MammoError
from mammo_monai.files import write_text

Row: TypeAlias = dict[str, Any]


class Journal:
    """An append-only list of finished files; each row carries size and time of its original.

    Args:
        path: JSON lines; the first says under which settings the rows were made.
        settings: of this job.

    Raises:
        MammoError: ``other-settings``, when the journal there was kept under other ones.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        lines = list(_read(path))
        if lines and lines[0] != settings:
            raise MammoError(
                f"{path.parent}: was made with another key, version or options; choose another --out and --review",
                "other-settings",
            )
        self.path = path
        self._rows: dict[str, Row] = {row["path"]: row for row in lines[1:]}
        # Written anew, because a kill may have left half a line at the end.
        write_text(path, "".join(json.dumps(line) + "\n" for line in (settings, *self._rows.values())))

    def finished(self, folder: Path) -> Iterator[Row]:
        """Rows of files under ``folder`` that are as they were when their row was written."""
        for row in self._rows.values():
            if (folder / row["path"]).is_file() and row["state"] == _state(folder / row["path"]):
                yield {key: value for key, value in row.items() if key != "state"}

    def add(self, folder: Path, row: Row) -> None:
        """Append a row, on disk when this returns; the file that it tells of must be there already."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**row, "state": _state(folder / row["path"])}) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _state(path: Path) -> list[int]:
    try:
        stat = path.stat()
    except OSError:  # gone in the meantime, or a dangling link
        return []
    return [stat.st_size, stat.st_mtime_ns]


def _read(path: Path) -> Iterator[Row]:
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                yield json.loads(line)
            except ValueError:  # cut by a kill
                continue
