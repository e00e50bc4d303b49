"""Which records a datalist can use: those with a file and a class; the others are kept by the reason they are not."""

from __future__ import annotations

import stat
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from mammo_monai.datasets.kinds import kind
from mammo_monai.datasets.labels import LabelMap
from mammo_monai.datasets.levels import at_level
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError

LeftOut = defaultdict[str, list[Record]]
"""Reason -> records."""


def select(
    records: Sequence[Record],
    label_map: LabelMap,
    root: Path,
    level: str = "stated",
    files: bool = True,
    views: Collection[str] = (),
    kinds: Collection[str] = (),
) -> tuple[list[Record], LeftOut]:
    """Sort out what cannot be used.

    Args:
        records: images of one data set, in any order.
        label_map: decides the classes.
        root: folder the records' image paths are relative to.
        level: of the labels, see :func:`mammo_monai.datasets.levels.at_level`.
        files: whether the images have to be there.
        views: only images of these, such as "CC"; all if empty.
        kinds: only images with a finding of these kinds or with none, see :func:`mammo_monai.datasets.kinds.kind`; all
            if empty.

    Returns:
        the usable records at that level by image path, and the others by reason ("duplicate", what
        :attr:`Record.excluded` says, "view-mlo-not-asked", "kind-other-not-asked", "missing-file", "empty-file", or
        what :meth:`LabelMap.why_not` says).

    Raises:
        MammoError: an image listed twice with different values, a path outside ``root``, or no such level.
    """
    left_out: LeftOut = defaultdict(list)
    single = _single(records, left_out)
    for record in single:
        if record.excluded:
            left_out[record.excluded].append(record)
    kept = []
    for record in at_level([record for record in single if not record.excluded], level):
        if reason := _not_asked(record, views, kinds) or _why_not(record, label_map, root if files else None):
            left_out[reason].append(record)
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


def _single(records: Sequence[Record], left_out: LeftOut) -> list[Record]:
    """One record for each image, by path."""
    seen: dict[str, Record] = {}
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
        left_out["duplicate"].append(record)
    return [record for _, record in sorted(seen.items())]


def _inside(record: Record) -> str:
    path = PurePosixPath(record.image)
    if path.is_absolute() or ".." in path.parts:
        raise MammoError(
            f"{record.source}: image {record.image!r} lies outside the data set's root; make it relative to --root",
            reason="path-outside-root",
        )
    return str(path)


def _not_asked(record: Record, views: Collection[str], kinds: Collection[str]) -> str | None:
    if views and record.view not in views:
        return f"view-{(record.view or 'unknown').lower()}-not-asked"
    found = [kind(finding.categories) for finding in record.findings]
    if kinds and found and not set(found) & set(kinds):
        return f"kind-{found[0].replace(' ', '-')}-not-asked"
    return None


def _why_not(record: Record, label_map: LabelMap, root: Path | None) -> str | None:
    size = file_size(root / record.image) if root else 1
    if not size:
        return "missing-file" if size is None else "empty-file"
    return label_map.why_not(record) if label_map.label(record) is None else None
