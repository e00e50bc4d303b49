"""What the decision that validation chose calls here, and each of its operating points: images, breasts and exams."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.datasets.patches.table import EDGES
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import calibrated
from mammo_monai.evaluation.decisions.calling import decide_level
from mammo_monai.evaluation.decisions.decision import LEVELS, Decision
from mammo_monai.evaluation.operating import judge
from mammo_monai.evaluation.scored import Scored
from mammo_monai.reporting.blocks import Block, Cell, Rows, Section, Table, Text
from mammo_monai.reporting.chosen import Chosen
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.decided import header, judged

ORDER = 70
JUDGED = ("sensitivity", "specificity", "precision")


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    title, chosen = "Operating points", context.chosen
    if chosen is None:
        words = "None: thresholds are chosen on predictions of the validation part; evaluate it as well."
        return Section(title, [Text(words)])
    decision, rows = chosen.decision, calibrated(context.scored, chosen.decision.temperature)
    patches = any(context.column(EDGES[0]))
    tables: list[Block] = []
    decided: Rows = []
    refused: dict[str, list[str]] = {}
    for level in ("image",) if patches else ("image", *LEVELS):  # inference pools no patches
        try:
            units, called = decide_level(rows, level, decision)
        except MammoError as error:
            refused.setdefault(str(error), []).append(level)
            continue
        unit = "patch" if patches else level
        decided.append(judged(unit, units, called))
        tables += _points(level, unit, units, chosen, context.section)
    return Section(title, [
        *(Text(f"{remark[:1].upper()}{remark[1:]}.") for remark in decision.remarks),
        *tables,
        Table("decided", "What is called", header(context.scored.class_names), decided, _said(decision)),
        *(Text(f"Not judged by {', '.join(those)}: {why}.") for why, those in refused.items()),
    ])  # fmt: skip


def _validation(chosen: Chosen, level: str) -> Scored | None:
    """Units of a level of the rows that were chosen on, where they are there."""
    try:
        return decide_level(chosen.validation, level, chosen.decision)[0] if chosen.validation else None
    except MammoError:
        return None


def _points(level: str, unit: str, test: Scored, chosen: Chosen, section: str) -> list[Block]:
    """A table of the points of a level, on validation where that is there and on the rows of the report, if any."""
    points, validation = chosen.decision.at(level).operating_points, _validation(chosen, level)
    rows: Rows = []
    for point in points:
        before = judge(point, validation) if validation else {}
        after = judge(point, test)
        own: list[Cell] = [before[name] for name in JUDGED[:2]] if before else ["-", "-"]
        rows.append([point.name, point.threshold, *own, *(after[name] for name in JUDGED)])
    titles = ["point", "threshold", *(f"{name}, validation" for name in JUDGED[:2])]
    titles += [f"{name}, {section or 'here'}" for name in JUDGED]
    pooled = f" pooled by {unit}, as in inference" if level in LEVELS else ""
    note = (
        f"Thresholds of calibrated probabilities{pooled}, {chosen.source} ({chosen.decision.validation_rows:,} rows) "
        "and applied here unchanged. Figures of validation flatter themselves: they chose the threshold."
    )
    name = f"points_{level}" if level in LEVELS else "points"
    return [Table(name, f"Class called from a threshold on, by {unit}", titles, rows, note)] if points else []


def _said(decision: Decision) -> str:
    return (
        f"The decision calls {decision.calls}: of images by calibrated probabilities, of breasts and exams by "
        "calibrated ones pooled as inference pools them, at thresholds of their own. Nothing is called where the two "
        f"highest differ by less than {decision.abstain:.3g}; accuracy and sensitivities are those of the rest."
    )
