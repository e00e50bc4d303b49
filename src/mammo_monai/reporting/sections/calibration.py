"""Whether the probabilities mean what they say, before and after temperature scaling."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.evaluation.calibration import calibrated, reliability
from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.metrics import estimates
from mammo_monai.evaluation.plots import save
from mammo_monai.evaluation.plots.calibration import draw
from mammo_monai.reporting.blocks import Block, Rows, Section, Table, Text
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.sections import drawn

ORDER = 60
PICTURE = "calibration"
FIGURES = {"ece": "calibration error", "brier": "Brier score"}


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    raw = {name: Estimate.read(context.metrics["figures"][name]) for name in FIGURES}
    rows: Rows = [["as predicted", *raw.values()]]
    blocks: list[Block] = []
    if context.chosen:
        scale, n = context.chosen.decision.temperature, context.chosen.decision.validation_rows
        save(draw(context.scored, out, scale), out / f"{PICTURE}.png")  # an evaluation draws it without
        scaled = estimates(calibrated(context.scored, scale), list(FIGURES))
        rows.append([f"divided by temperature {scale:.3f}", *scaled.values()])
        blocks.append(Text(f"Temperature {scale:.3f}, {context.chosen.source} ({n:,} rows)."))
    else:
        blocks.append(Text("Temperature scaling: needs predictions of the validation part; evaluate it as well."))
    blocks = [*drawn(out, PICTURE, "Reliability: how often the call is right, by its highest probability."), *blocks]
    blocks.append(Table("calibration", "Calibration", ["probabilities", *FIGURES.values()], rows))
    bins: Rows = [
        [f"{one.low:.2f} to {one.high:.2f}", one.confidence, one.right] for one in reliability(context.scored)
    ]
    header = ["highest probability", "its mean", "share that is right"]
    blocks.append(Table("reliability", "Bins of the calibration error", header, bins, folded=True))
    return Section("Calibration", blocks)
