"""The class of every finding of an image, and of a window without any, by a label map."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from mammo_monai.datasets.kinds import kind
from mammo_monai.datasets.labels import LabelMap
from mammo_monai.datasets.levels import FINDING_CLASS, at_level
from mammo_monai.datasets.records import Record

NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a patch of this record is.

    Attributes:
        record: at finding level.
        label: index of its class; None without one.
        reason: why it has none.
    """

    record: Record
    label: int | None
    reason: str = ""


def of_findings(record: Record, label_map: LabelMap, kinds: Collection[str]) -> list[Judged]:
    """Every finding in its order; one whose kind is not among ``kinds`` (where there are any) has no class."""
    return [
        Judged(single, None, f"kind-{name}-not-asked") if kinds and name not in kinds else _judged(single, label_map)
        for single, finding in zip(_singles(record), record.findings, strict=True)
        for name in [kind(finding.categories)]
    ]


def of_background(record: Record, label_map: LabelMap) -> Judged:
    """A window that touches no finding.

    It is normal where the findings are marked, and where an image without findings is itself normal; any other image
    without findings has something that nobody marked. Nobody assessed the window of an image with findings by BI-RADS.
    """
    if record.findings:
        normal = replace(record, findings=(), birads=None, extra={FINDING_CLASS: NORMAL})
    else:
        normal = at_level([record], "finding")[0]
        if normal.extra.get(FINDING_CLASS) != NORMAL:
            return Judged(normal, None, "not-negative")
    return _judged(replace(normal, pathology=NORMAL), label_map)


def _singles(record: Record) -> list[Record]:
    return at_level([record], "finding") if record.findings else []


def _judged(single: Record, label_map: LabelMap) -> Judged:
    name = label_map.label(single)
    if name is None:
        return Judged(single, None, label_map.why_not(single))
    return Judged(single, label_map.classes.index(name))
