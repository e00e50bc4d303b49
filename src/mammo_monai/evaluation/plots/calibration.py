"""Reliability diagram: how often the call is right by the highest probability, in the bins of the calibration error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mammo_monai.evaluation.calibration import Bin, calibrated, reliability
from mammo_monai.evaluation.figures.probabilistic import BINS
from mammo_monai.evaluation.plots._style import COLOURS, GREY, new_figure, tidy
from mammo_monai.evaluation.scored import Scored


def draw(scored: Scored, folder: Path | None, temperature: float | None = None) -> Figure:
    """See :class:`mammo_monai.evaluation.plots.Picture`; a column for each kind of probability, the rows per bin below.

    Args:
        scored: the predictions.
        folder: of the evaluation, not read.
        temperature: of :func:`mammo_monai.evaluation.calibration.temperature`, where validation chose one: the second
            column.
    """
    parts = {"as predicted": scored}
    if temperature is not None:
        parts[f"divided by temperature {temperature:.3f}"] = calibrated(scored, temperature)
    figure = new_figure(max(4.0, 3.6 * len(parts)), 5)
    panels = figure.subplots(2, len(parts), sharex=True, sharey="row", squeeze=False, height_ratios=[3, 1])
    for (title, part), (upper, lower), colour in zip(parts.items(), panels.T, COLOURS, strict=False):
        bins = reliability(part)
        upper.set_title(f"{title}\ncalibration error {_error(bins):.3f}, n = {len(part):,}")
        upper.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
        _shares(upper, bins, colour)
        _counts(lower, bins, colour)
        tidy(upper)
        tidy(lower)
    panels[0, 0].set_ylabel("share that is right (95 % over patients)")
    panels[1, 0].set_ylabel("rows")
    figure.supxlabel("highest probability", fontsize=9)
    return figure


def _error(bins: list[Bin]) -> float:
    distances = [abs((one.right.value or 0) - one.confidence) for one in bins]
    return float(np.average(distances, weights=[one.right.n for one in bins]))


def _shares(axes: Axes, bins: list[Bin], colour: str) -> None:
    """Each with its interval, so that a bin of three rows looks like one."""
    axes.plot([one.confidence for one in bins], [one.right.value for one in bins], "s-", color=colour, markersize=4)
    known = [(one.confidence, one.right.low, one.right.high) for one in bins if one.right.low is not None]
    axes.vlines(*zip(*known, strict=True), color=colour, linewidth=1)


def _counts(axes: Axes, bins: list[Bin], colour: str) -> None:
    counts = [one.right.n for one in bins]
    bars = axes.bar([(one.low + one.high) / 2 for one in bins], counts, 0.9 / BINS, color=colour, alpha=0.6)
    axes.bar_label(bars, [f"{n:,}" for n in counts], fontsize=6, rotation=90, padding=2)
    axes.margins(y=0.45)
