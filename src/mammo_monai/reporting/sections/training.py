"""How the training went, and which epoch was kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from mammo_monai.reporting.blocks import Block, Facts, Section, Text
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.sections import drawn

ORDER = 20


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    history, card = context.history, context.card
    if not history:
        return None
    seconds = sum(epoch.get("seconds", 0) for epoch in history)
    rates = [epoch["learning_rate"] for epoch in history if "learning_rate" in epoch]
    facts = {
        "Epochs": str(len(history)),
        "Kept": f"epoch {card['epoch']}, the highest validation macAUC" if "epoch" in card else "not known",
        "Time": f"{timedelta(seconds=round(seconds))}, validation included",
    }
    if rates:
        facts["Learning rate"] = f"{rates[0]:g} at first, {rates[-1]:g} at last"
    blocks: list[Block] = [*drawn(out, "curves", "Loss and macAUC by epoch."), Facts(facts)]
    blocks.append(
        Text("Validation figures chose the epoch: they are no estimate of how well the model does on new images.")
    )
    return Section("Training", blocks)
