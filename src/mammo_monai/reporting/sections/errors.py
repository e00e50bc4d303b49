"""The worst errors: wrong calls by how sure they were, and what could not be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mammo_monai.datasets.patches.table import EDGES
from mammo_monai.reporting import overlays
from mammo_monai.reporting.blocks import Block, Rows, Section, Table, Text
from mammo_monai.reporting.context import Context

ORDER = 100
WORST = 12
UNREAD = 20
"""Rows of either table."""
IDENTITY = ("dataset", "path", "image", "id", "patient", "laterality", "view")


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    scored = context.scored
    wrong = np.flatnonzero(scored.called != scored.labels)
    sure = scored.probabilities.max(1)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:WORST].tolist()
    blocks: list[Block] = [Text(f"{len(wrong):,} of {len(scored):,} rows are called a wrong class.")]
    if worst:
        own = [name for name in IDENTITY if any(context.column(name))]
        patches = any(context.column(EDGES[0]))
        header = [
            "",
            "truth",
            "called",
            "p(called)",
            "p(truth)",
            *own,
            *(["box"] if patches else []),
        ]
        rows: Rows = [
            [
                rank,
                scored.class_names[scored.labels[row]],
                scored.class_names[scored.called[row]],
                float(sure[row]),
                float(scored.probabilities[row, scored.labels[row]]),
                *(context.column(name)[row] for name in own),
                *([", ".join(context.column(edge)[row] for edge in EDGES)] if patches else []),
            ]
            for rank, row in enumerate(worst, 1)
        ]
        blocks.append(
            Table(
                "worst", "Wrong calls, the surest first", header, rows, f"Box: {', '.join(EDGES)}." if patches else ""
            )
        )
    blocks += overlays.drawn(context, out, worst)
    if context.unread:
        shown: Rows = [[path, error] for path, error in context.unread[:UNREAD]]
        note = f"The first {UNREAD} of {len(context.unread):,}." if len(context.unread) > UNREAD else ""
        blocks.append(Table("unread", "Not read", ["image", "error"], shown, note))
    return Section("Errors", blocks)
