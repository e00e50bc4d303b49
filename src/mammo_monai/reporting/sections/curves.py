"""ROC and precision-recall curves, and how the probabilities are spread."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.reporting.blocks import Section
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.sections import drawn

ORDER = 40
PICTURES = {
    "roc": ("ROC curves of one class against the rest.", 2),
    "precision_recall": ("Precision and recall of each class.", 2),
    "distribution": ("Probability of each class among its own rows and among the others.", 1),
}


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    pictures = [picture for name, shown in PICTURES.items() for picture in drawn(out, name, *shown)]
    return Section("Curves", pictures) if pictures else None
