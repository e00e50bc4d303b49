"""Reliability diagram: how often a class is there when its probability is 0.1, 0.2, ..., and how many rows say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.calibration import CalibrationDisplay
from statsmodels.stats.proportion import proportion_confint

from mammo_monai.evaluation.plots._one_against_rest import OneAgainstRest, distinct
from mammo_monai.evaluation.plots._style import GREY, LINE, new_figure, tidy, wrapped
from mammo_monai.evaluation.scored import Scored

BINS = 10
EDGES = np.linspace(0, 1, BINS + 1)
CENTRES = EDGES[:-1] + 0.5 / BINS


def draw(scored: Scored, folder: Path) -> Figure | None:
    """See :class:`mammo_monai.evaluation.plots.Picture`; one column per class, the rows per bin below."""
    ones = distinct(scored)
    figure = new_figure(max(4.0, 2.4 * len(ones) + 0.8), 5)
    panels = figure.subplots(2, len(ones), sharex=True, sharey="row", squeeze=False, height_ratios=[3, 1])
    for one, (upper, lower) in zip(ones, panels.T, strict=True):
        upper.set_title(f"{wrapped(one.name, LINE)}\nn = {one.truth.sum():,}")
        upper.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
        if one.undefined:
            upper.text(
                0.5, 0.5, one.undefined.replace(": ", ":\n"), ha="center", va="center", fontsize=8, backgroundcolor="w"
            )
        else:
            _reliability(one, upper)
        _counts(one, lower)
        tidy(upper)
        tidy(lower)
    panels[0, 0].set_ylabel("share of the class (95 % Wilson)")
    panels[1, 0].set_ylabel("rows")
    figure.supxlabel("probability of the class", fontsize=9)
    return figure


def _bins(one: OneAgainstRest) -> np.ndarray:
    """(N,) bin of each row, edges as in :func:`sklearn.calibration.calibration_curve`."""
    return np.searchsorted(EDGES[1:-1], one.score)


def _reliability(one: OneAgainstRest, axes: Axes) -> None:
    """With the 95 % Wilson interval of each bin's share, so that a bin of three rows looks like one."""
    display = CalibrationDisplay.from_predictions(
        one.truth, one.score, n_bins=BINS, ax=axes, ref_line=False, color=one.style["color"], markersize=4
    )
    axes.get_legend().remove()
    bins = _bins(one)
    filled = np.unique(bins)
    cases, rows = (np.bincount(bins, weights=w, minlength=BINS)[filled] for w in (one.truth, None))
    axes.vlines(display.prob_pred, *proportion_confint(cases, rows, method="wilson"), color=one.style["color"], lw=1)
    axes.set(xlabel="", ylabel="")


def _counts(one: OneAgainstRest, axes: Axes) -> None:
    counts = np.bincount(_bins(one), minlength=BINS)
    bars = axes.bar(CENTRES, counts, 0.9 / BINS, color=one.style["color"], alpha=0.6)
    axes.bar_label(bars, [f"{n:,}" if n else "" for n in counts], fontsize=6, rotation=90, padding=2)
    axes.margins(y=0.45)
