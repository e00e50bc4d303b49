"""Sensitivity and specificity at thresholds that validation chose."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mammo_monai.evaluation.calibration import calibrated
from mammo_monai.evaluation.decision import Decision, decide
from mammo_monai.evaluation.estimate import of_interval
from mammo_monai.evaluation.intervals import proportion
from mammo_monai.evaluation.metrics import estimates
from mammo_monai.evaluation.operating import judge
from mammo_monai.evaluation.scored import Scored
from mammo_monai.reporting.blocks import Block, Cell, Rows, Section, Table, Text
from mammo_monai.reporting.chosen import Chosen
from mammo_monai.reporting.context import Context

ORDER = 70
JUDGED = ("sensitivity", "specificity", "precision")


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    title, chosen = "Operating points", context.chosen
    if chosen is None:
        words = "None: thresholds are chosen on predictions of the validation part; evaluate it as well."
        return Section(title, [Text(words)])
    blocks: list[Block] = [Text(f"{remark[:1].upper()}{remark[1:]}.") for remark in chosen.decision.remarks]
    if chosen.decision.operating_points:
        blocks.append(_points(context, chosen))
    return Section(title, [*blocks, _abstaining(context.scored, chosen.decision)])


def _points(context: Context, chosen: Chosen) -> Table:
    test = calibrated(context.scored, chosen.decision.temperature)
    rows: Rows = []
    for point in chosen.decision.operating_points:
        before = judge(point, chosen.validation) if chosen.validation else {}
        after = judge(point, test)
        own: list[Cell] = [before[name] for name in JUDGED[:2]] if before else ["-", "-"]
        rows.append([point.name, point.threshold, *own, *(after[name] for name in JUDGED)])
    header = ["point", "threshold", *(f"{name}, validation" for name in JUDGED[:2])]
    header += [f"{name}, {context.section or 'here'}" for name in JUDGED]
    note = (
        f"Thresholds of calibrated probabilities, {chosen.source} ({chosen.decision.validation_rows:,} rows) and "
        "applied here unchanged. Figures of validation flatter themselves: they chose the threshold."
    )
    return Table("points", "Class called from a threshold on", header, rows, note)


def _abstaining(scored: Scored, decision: Decision) -> Table:
    """How often nothing is called, and how often the calls that are left are right."""
    flat = np.array([called is None for called in decide(scored.probabilities, decision).called])
    interval = proportion.over_patients(flat, scored.patients)
    share = of_interval(float(flat.mean()), interval, len(scored), "a row")
    rest = scored.take(~flat)
    rows: Rows = [["rows without a call", share]]
    if len(rest):
        rows.append(["accuracy of the others", estimates(rest, ["accuracy"])["accuracy"]])
    note = f"Nothing is called where the two highest calibrated probabilities differ by less than {decision.abstain:g}."
    return Table("abstaining", "Rows too flat to call", ["", "value"], rows, note)
