"""The figures that a reader wants first, and what is missing from this report."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.reporting.blocks import Block, Facts, Rows, Section, Table, Text
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.facts import words

ORDER = 0
MAIN = {
    "macro_auc": "macAUC, mean of the classes' areas under the ROC curve",
    "accuracy": "accuracy",
    "majority_accuracy": "accuracy of always naming the commonest class",
    "balanced_accuracy": "balanced accuracy, mean of the sensitivities",
}


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    figures = {name: Estimate.read(content) for name, content in context.metrics["figures"].items()}
    counts = context.metrics["counts"]
    rows_of = f"{len(context.scored):,} rows of {context.metrics['patients']:,} patients"
    facts = {
        "Evaluated": f"{context.section}: {rows_of}" if context.section else rows_of,
        "Classes": ", ".join(f"{name} ({count:,})" for name, count in counts.items()),
        "Labels": context.described.get("label map", ""),
    }
    rows: Rows = [[title, figures[name], figures[name].method] for name, title in MAIN.items()]
    blocks: list[Block] = [
        Facts({name: text for name, text in facts.items() if text}),
        Table("main", "Main figures", ["figure", "value", "interval by"], rows),
    ]
    notes = {code: count for code, count in context.metrics["notes"].items() if code != "without-patient"}
    if notes:
        blocks.append(Text(f"Left out of {context.total:,} rows: {words(notes)}.", warning=True))
    absent = [name for name, count in counts.items() if not count]
    if absent:
        blocks.append(
            Text(f"No row is of class {', '.join(absent)}: what needs one is undefined, and says so.", warning=True)
        )
    alone = context.metrics["notes"].get("without-patient", 0)
    if alone:
        said = f"{alone:,} of {len(context.scored):,} rows name no patient; each counts as a patient of its own."
        blocks.append(Text(f"{said} Where patients have several images, the intervals are too narrow.", warning=True))
    blocks += [Text(remark) for remark in context.remarks]
    return Section("Summary", blocks)
