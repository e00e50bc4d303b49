"""The figures by image, breast, exam and patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mammo_monai.datasets.patches.table import EDGES
from mammo_monai.errors import MammoError
from mammo_monai.evaluation import levels
from mammo_monai.evaluation.calibration import calibrated
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
    chosen = context.chosen
    judged = calibrated(context.scored, chosen.decision.temperature) if chosen else context.scored
    rows: Rows = []
    counted: Rows = []
    blocks: list[Block] = []
    refused: dict[str, list[str]] = {}
    for level in levels.names():
        try:
            found = levels.at_level(judged, level)
        except MammoError as error:
            refused.setdefault(str(error), []).append(level)
            continue
        rows.append([level, len(found), len(np.unique(found.patients)), *estimates(found, names).values()])
        notes = {code: n for code, n in found.notes.items() if code not in context.scored.notes}
        counted += [[level, code, n] for code, n in notes.items()]
    if rows:
        header = ["level", "units", "patients", *map(titled, names)]
        blocks.append(Table("levels", "Image to patient", header, rows, _note(context)))
    if counted:
        header = ["level", "what", "count"]
        blocks.append(Table("views", "Pooled rows and missing views", header, counted, folded=True))
    blocks += [Text(f"Not judged by {', '.join(those)}: {why}.") for why, those in refused.items()]
    return Section("Breast, exam, patient", blocks)


def _note(context: Context) -> str:
    chosen, chain = context.chosen, ", ".join(f"{level} by {rule}" for level, rule in levels.RULES.items())
    calibration = f"Calibrated probabilities (temperature {chosen.decision.temperature:.3f})" if chosen else ""
    note = (
        f"{calibration or 'Probabilities'} are pooled step by step ({chain}), as in inference; judged is the most "
        "probable class, the truth is the most suspicious label."
    )
    if not any(context.column(EDGES[0])):
        return note
    return (
        f"{note} Rows are patches, which inference does not pool: an image is the mean of those that the list has of "
        "it, not of all its tissue."
    )
