"""The level a label speaks of: as stated, of the image, of the breast, of the exam, or of one finding.

Every function takes and returns records, so that every data set has every level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from mammo_monai.datasets.kinds import kind
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError

WORST_FIRST: Final = {
    "birads": ("6", "5", "4C", "4B", "4A", "4", "0", "3", "2", "1"),
    "pathology": ("malignant", "benign", "normal"),
}
"""Which of several labels counts; 0 (needs more imaging) is worse than 3 (probably benign)."""
NEEDS_NO_MARK: Final = {"birads": ("1", "2"), "pathology": ("normal",)}
"""Labels an image without a marked finding may have; any other speaks of something that is not in this view."""

FINDING = "finding"
"""Entry of ``extra`` with the index of the finding a record of this level is about."""
FINDING_CLASS = "finding_class"
"""Entry of ``extra`` with pathology and kind of that finding ("benign mass"), or "normal"."""


def at_level(records: Sequence[Record], level: str) -> list[Record]:
    """The records with their labels at another level.

    * ``stated``: as the data set says.
    * ``image``: the worst of the findings marked in this view. Where none carries the label, it stays as stated;
      without a finding it stays only if it needs none (:data:`NEEDS_NO_MARK`) and is unknown otherwise.
    * ``breast``, ``exam``: the worst stated of all images of the breast or exam that are known.
    * ``finding``: one record per finding with its own label, ``extra["finding"]`` (its index) and
      ``extra["finding_class"]``; an image without findings stays one record, "normal" if its label is negative.

    Args:
        records: one per image.
        level: one of :func:`names`.

    Raises:
        MammoError: no such level.
    """
    if level not in _LEVELS:
        raise MammoError(f"no level {level!r}; choose one of {', '.join(_LEVELS)}", "unknown-level")
    return _LEVELS[level](records)


def names() -> list[str]:
    """The levels there are."""
    return list(_LEVELS)


def _stated(records: Sequence[Record]) -> list[Record]:
    return list(records)


def _image(records: Sequence[Record]) -> list[Record]:
    def marked(record: Record, field: str) -> str | None:
        stated: str | None = getattr(record, field)
        if not record.findings:
            return stated if stated in NEEDS_NO_MARK[field] else None
        return _worst(field, (getattr(finding, field) for finding in record.findings)) or stated

    return [
        replace(record, birads=marked(record, "birads"), pathology=marked(record, "pathology")) for record in records
    ]


def _breast(records: Sequence[Record]) -> list[Record]:
    # Where the side is unknown, the image is all that is known of its breast.
    return _pooled(records, lambda record: (record.exam, record.laterality or record.image))


def _exam(records: Sequence[Record]) -> list[Record]:
    return _pooled(records, lambda record: record.exam)


def _pooled(records: Sequence[Record], unit: Callable[[Record], Hashable]) -> list[Record]:
    held = defaultdict(list)
    for record in records:
        held[unit(record)].append(record)
    birads = {name: _worst("birads", (record.birads for record in members)) for name, members in held.items()}
    pathology = {name: _worst("pathology", (record.pathology for record in members)) for name, members in held.items()}
    return [replace(record, birads=birads[unit(record)], pathology=pathology[unit(record)]) for record in records]


def _finding(records: Sequence[Record]) -> list[Record]:
    return [single for record in records for single in (_singles(record) if record.findings else [_whole(record)])]


def _singles(record: Record) -> Iterable[Record]:
    for index, finding in enumerate(record.findings):
        named = {FINDING_CLASS: f"{finding.pathology} {kind(finding.categories)}"} if finding.pathology else {}
        yield replace(
            record,
            findings=(finding,),
            birads=finding.birads,
            pathology=finding.pathology,
            extra={**record.extra, FINDING: str(index), **named},
        )


def _whole(record: Record) -> Record:
    negative = record.pathology == "normal" or (record.pathology is None and record.birads == "1")
    return replace(record, extra={**record.extra, FINDING_CLASS: "normal"}) if negative else record


def _worst(field: str, values: Iterable[str | None]) -> str | None:
    known = set(values)
    return next((value for value in WORST_FIRST[field] if value in known), None)


_LEVELS: Final = {"stated": _stated, "image": _image, "breast": _breast, "exam": _exam, "finding": _finding}
