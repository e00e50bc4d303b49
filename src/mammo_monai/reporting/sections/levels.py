"""The figures by image, breast, exam and patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mammo_monai.datasets.patches.table import EDGES
from mammo_monai.errors import MammoError
from mammo_monai.evaluation import levels
from mammo_monai.evaluation.metrics import estimates
from mammo_monai.reporting.blocks import Block, Rows, Section, Table, Text, titled
from mammo_monai.reporting.context import Context

ORDER = 80
LARGEST = 3
"""Classes whose areas the table has room for."""


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    areas = [f"auc_{name}" for name in context.scored.class_names] if len(context.scored.class_names) <= LARGEST else []
    names = ["macro_auc", "accuracy", *areas]
    rows: Rows = []
    counted: Rows = []
    blocks: list[Block] = []
    refused: dict[str, list[str]] = {}
    for level in levels.names():
        try:
            found = levels.at_level(context.scored, level)
        except MammoError as error:
            refused.setdefault(str(error), []).append(level)
            continue
        rows.append([level, len(found), len(np.unique(found.patients)), *estimates(found, names).values()])
        notes = {code: n for code, n in found.notes.items() if code not in context.scored.notes}
        counted += [[level, code, n] for code, n in notes.items()]
    if rows:
        chain = ", ".join(f"{level} by {rule}" for level, rule in levels.RULES.items())
        note = f"Probabilities are pooled step by step ({chain}); the truth is the most suspicious label."
        if any(context.column(EDGES[0])):
            note += " Rows are patches: an image is the mean of those that the list has of it, not of all its tissue."
        header = ["level", "units", "patients", *map(titled, names)]
        blocks.append(Table("levels", "Image to patient", header, rows, note))
    if counted:
        header = ["level", "what", "count"]
        blocks.append(Table("views", "Pooled rows and missing views", header, counted, folded=True))
    blocks += [Text(f"Not judged by {', '.join(those)}: {why}.") for why, those in refused.items()]
    return Section("Breast, exam, patient", blocks)
