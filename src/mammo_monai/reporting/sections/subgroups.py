"""The figures of parts of the rows: by view, side, density, age, vendor, kind of finding."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.evaluation.metrics import estimates
from mammo_monai.evaluation.scored import Scored
from mammo_monai.reporting.blocks import Block, Rows, Section, Table, Text, titled
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.grouping import ATTRIBUTES, FEWEST, FEWEST_PATIENTS, groups, small

ORDER = 90
LARGEST = 3
"""Classes whose sensitivities the table has room for."""
SMALL = "⚠ small"
EXPLAINED = f"{SMALL}: fewer than {FEWEST} rows or {FEWEST_PATIENTS} patients of a class."


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    blocks: list[Block] = []
    missing, alike = [], []
    for name, title in ATTRIBUTES.items():
        found = groups(context, name)
        if not found:
            missing.append(_inner(title))
        elif len(found) == 1 and (rows := next(iter(found.values()))) and len(rows) == len(context.scored):
            alike.append(f"{_inner(title)} {next(iter(found))}")
        else:
            blocks.append(_table(context.scored, name, title, found))
    if alike:
        blocks.append(Text(f"All rows are of one kind: {', '.join(alike)}."))
    if missing:
        blocks.append(Text(f"Not known of any row: {', '.join(missing)}."))
    return Section("Subgroups", blocks)


def _table(scored: Scored, name: str, title: str, found: dict[str, list[int]]) -> Table:
    classes = scored.class_names
    names = ["macro_auc", "accuracy", *(f"sensitivity_{name}" for name in classes if len(classes) <= LARGEST)]
    rows: Rows = []
    for group, members in found.items():
        part = scored.take(members)
        counts = " / ".join(str((part.labels == index).sum()) for index in range(len(classes)))
        rows.append([group, counts, SMALL if small(part) else "", *estimates(part, names).values()])
    total = sum(map(len, found.values()))
    unknown = len(scored) - len({row for members in found.values() for row in members})
    notes = [
        EXPLAINED if any(SMALL in row for row in rows) else "",
        "A row may belong to several groups." if total > len(scored) - unknown else "",
        f"{unknown:,} rows where it is not known are left out." if unknown else "",
    ]
    note = " ".join(filter(None, notes))
    counted = " / ".join(classes) if len(classes) <= LARGEST else "rows of each class"
    return Table(name, title, [_inner(title), counted, "remark", *map(titled, names)], rows, note)


def _inner(title: str) -> str:
    """A title within a sentence; "BI-RADS" stays."""
    return title[:1].lower() + title[1:] if title[1:].islower() else title
