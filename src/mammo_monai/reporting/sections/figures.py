"""Every figure of the rows judged, with its interval."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.figures import INTERVALS, PER_CLASS
from mammo_monai.reporting.blocks import Rows, Section, Table, titled
from mammo_monai.reporting.context import Context

ORDER = 30
EACH = {**PER_CLASS, "auprc": "AUPRC", "f1": "F1"}


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    found = {name: Estimate.read(content) for name, content in context.metrics["figures"].items()}
    classes = context.scored.class_names
    each: Rows = [[name, *(found[f"{figure}_{name}"] for figure in EACH)] for name in classes]
    printed = {f"{figure}_{name}" for figure in EACH for name in classes}
    others: Rows = [[titled(name), figure, figure.method] for name, figure in found.items() if name not in printed]
    note = f"{INTERVALS} A class is called where it is the most probable one."
    return Section(
        "Figures",
        [
            Table("classes", "Each class against the rest", ["class", *EACH.values()], each, note),
            Table("all", "All classes", ["figure", "value", "interval by"], others),
        ],
    )
