"""Which records a datalist can use: one per image, with a file and a class; the others are counted by reason."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from mammo_monai.datasets.labels import LabelMap
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError


def select(records: Sequence[Record], label_map: LabelMap, root: Path) -> tuple[list[Record], Counter[str]]:
    """Sort out what cannot be used.

    Args:
        records: images of one data set, in any order.
        label_map: decides the classes.
        root: folder the records' image paths are relative to.

    Returns:
        the usable records by image path, and how many were left out for which reason ("duplicate", "missing-file",
        "empty-file", or what :meth:`LabelMap.why_not` says).

    Raises:
        MammoError: an image listed twice with different values, or a path outside ``root``.
    """
    seen: dict[str, Record] = {}
    left_out: Counter[str] = Counter()
    for record in records:
        first = seen.setdefault(_inside(record), record)
        if first is record:
            continue
        if first != record:
            raise MammoError(
                f"{record.source}: image {record.image!r} was listed at {first.source} with other values; "
                "correct the table",
                reason="duplicate-image",
            )
        left_out["duplicate"] += 1
    kept = []
    for _, record in sorted(seen.items()):
        if reason := _why_not(record, label_map, root):
            left_out[reason] += 1
        else:
            kept.append(record)
    return kept, left_out


def file_size(file: Path) -> int | None:
    """Bytes of a regular file, None where there is none or it is out of reach."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _inside(record: Record) -> str:
    path = PurePosixPath(record.image)
    if path.is_absolute() or ".." in path.parts:
        raise MammoError(
            f"{record.source}: image {record.image!r} lies outside the data set's root; make it relative to --root",
            reason="path-outside-root",
        )
    return str(path)


def _why_not(record: Record, label_map: LabelMap, root: Path) -> str | None:
    size = file_size(root / record.image)
    if not size:
        return "missing-file" if size is None else "empty-file"
    return label_map.why_not(record) if label_map.label(record) is None else None
