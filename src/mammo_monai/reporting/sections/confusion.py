"""What was called what."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.reporting.blocks import Section, Table
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.sections import drawn

ORDER = 50


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    names = context.scored.class_names
    rows = [[name, *counts] for name, counts in zip(names, context.metrics["confusion_matrix"], strict=True)]
    return Section(
        "Confusion",
        [
            *drawn(out, "confusion", "Confusion matrix in counts and in shares of each true class."),
            Table("matrix", "Counts", ["truth / called", *names], rows),
        ],
    )
