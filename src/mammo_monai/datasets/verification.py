"""Is a data set complete: its tables against its makers' counts, every file against its reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mammo_monai.datasets.counts import count
from mammo_monai.datasets.records import Record
from mammo_monai.datasets.selection import file_size
from mammo_monai.errors import MammoError


def verify(
    records: Sequence[Record],
    root: Path,
    published: Mapping[str, int],
    check: Callable[[Path], object],
    progress: Callable[[Sequence[Record]], Iterable[Record]] = iter,
) -> dict[str, Any]:
    """Compare and open everything.

    Args:
        records: what the tables list.
        root: folder of the images.
        published: the adapter's counts; what it does not name is reported and not judged.
        check: opens one file; its MammoError makes the file unreadable.
        progress: wraps the records while files are opened.

    Returns:
        plain JSON: ``counts`` ({name: {"found", "published" (or None)}}), ``differences`` (names that
            differ), ``missing``
        (paths), ``unreadable`` ({path: {"reason", "message"}}) and ``ok``.
    """
    found = count(records)
    counts = {name: {"found": found.get(name, 0), "published": published.get(name)} for name in {**found, **published}}
    missing: list[str] = []
    unreadable: dict[str, dict[str, str]] = {}
    for record in progress(records):
        file = root / record.image
        if file_size(file) is None:
            missing.append(record.image)
            continue
        try:
            check(file)
        except MammoError as error:
            unreadable[record.image] = {"reason": error.reason, "message": str(error)}
    differences = [name for name in published if counts[name]["found"] != published[name]]
    return {
        "counts": counts,
        "differences": differences,
        "missing": missing,
        "unreadable": unreadable,
        "ok": not (differences or missing or unreadable),
    }
