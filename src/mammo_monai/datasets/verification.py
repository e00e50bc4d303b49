"""Is a data set complete and consistent: its tables against its makers' counts, every file against its reader and
its table.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple

from mammo_monai.datasets import inventory
from mammo_monai.datasets.conflicts import Conflict, conflicts
from mammo_monai.datasets.counts import count
from mammo_monai.datasets.records import Record
from mammo_monai.dicom.image import read_image, read_tags
from mammo_monai.errors import MammoError

Depth = Literal["labels", "tags", "pixels"]


class Opened(NamedTuple):
    """What one image and its further files gave.

    Attributes:
        unreadable: reason and message by path.
        conflicts: see :func:`mammo_monai.datasets.conflicts.conflicts`.
    """

    unreadable: dict[str, dict[str, str]]
    conflicts: list[Conflict]


def verify(
    records: Sequence[Record],
    root: Path,
    published: Mapping[str, int],
    depth: Depth = "tags",
    progress: Callable[[Iterable[Opened], int], Iterable[Opened]] = lambda opened, _: opened,
) -> dict[str, Any]:
    """Compare and open everything, several files at a time.

    Args:
        records: what the tables list.
        root: folder of the images.
        published: the makers' counts; what they do not name is reported and not judged.
        depth: "labels" opens no file, "tags" reads headers, "pixels" decodes and looks for the breast.
        progress: wraps what comes of every image, given how many there are.

    Returns:
        plain JSON: ``counts`` ({name: {"found", "published" (or None)}}), ``differences`` (names that differ),
        ``missing`` (paths), ``unreadable`` ({path: {"reason", "message"}}), ``unlisted`` (paths of images no record
        names), ``duplicates`` (groups of images of equal content), ``conflicts`` (on side and view, of images not
        excluded), ``notes`` and ``excluded`` (records by code) and ``ok``: nothing differs, is missing or unreadable,
        there twice or in conflict. At depth "labels" only the counts are judged, and what needs a file is empty.
    """
    found = count(records)
    counts = {name: {"found": found.get(name, 0), "published": published.get(name)} for name in {**found, **published}}
    differences = [name for name in published if counts[name]["found"] != published[name]]
    images = {record.image: record for record in records}
    listed = dict.fromkeys(path for record in images.values() for path in (record.image, *record.others))
    report: dict[str, Any] = {
        "counts": counts,
        "differences": differences,
        "missing": inventory.missing(root, listed),
        "unreadable": {},
        "unlisted": [],
        "duplicates": [],
        "conflicts": [],
        "notes": dict(Counter(note for record in records for note in record.notes)),
        "excluded": dict(Counter(record.excluded for record in records if record.excluded)),
    }
    if depth == "labels":
        return report | {"ok": not differences}
    absent = set(report["missing"])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        opened = pool.map(lambda record: _open(record, root, absent, depth), images.values())
        for one in progress(opened, len(images)):
            report["unreadable"] |= one.unreadable
            report["conflicts"] += one.conflicts
    report["duplicates"] = inventory.duplicates(root, images.keys() - absent)
    report["unlisted"] = inventory.unlisted(root, listed)
    judged = ("differences", "missing", "unreadable", "duplicates", "conflicts")
    return report | {"ok": not any(report[name] for name in judged)}


def _open(record: Record, root: Path, absent: set[str], depth: Depth) -> Opened:
    opened = Opened({}, [])
    for path in (record.image, *record.others):
        if path in absent:
            continue
        try:
            image = read_image(root / path, threads=1) if depth == "pixels" else None
            tags = image.meta if image else read_tags(root / path)
        except MammoError as error:
            if path == record.image or error.reason != "unsupported-format":  # a region file need not be an image
                opened.unreadable[path] = {"reason": error.reason, "message": str(error)}
            continue
        if path == record.image and not record.excluded:
            opened.conflicts.extend(conflicts(record, tags, image.pixels if image else None))
    return opened
