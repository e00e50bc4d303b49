"""Precision-recall curves of each class, with lines of equal F1 and each class's prevalence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mammo_monai.evaluation.plots._curve import draw_curve, explained, precision_recall
from mammo_monai.evaluation.plots._intervals import interval
from mammo_monai.evaluation.plots._one_against_rest import classes
from mammo_monai.evaluation.plots._style import GREY, legend_below, new_figure, tidy
from mammo_monai.evaluation.scored import Scored

F1 = (0.2, 0.4, 0.6, 0.8)


def draw(scored: Scored, folder: Path) -> Figure | None:
    """See :class:`mammo_monai.evaluation.plots.Picture`."""
    figure = new_figure(5.4, 6.3)
    axes = figure.subplots()
    for one in classes(scored):
        curve = None if one.undefined else precision_recall(scored, one.index)
        if curve is None:
            axes.plot([], [], label=f"{one.name}: {one.undefined}", **one.style)
            continue
        label = f"{one.title}: average precision {curve.area:.3f}{interval(folder, f'auprc_{one.key}', curve.area)}"
        draw_curve(axes, curve, label, one.style)
        axes.axhline(one.truth.mean(), color=one.style["color"], linestyle=":", linewidth=1, zorder=1)
    _equal_f1(axes)
    axes.set(title="Precision and recall of each class", xlabel="recall (sensitivity)", ylabel="precision")
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.03), aspect="equal")
    tidy(axes)
    lines = "grey: equal F1, its value at the right; dotted: share of the class"
    legend_below(figure, axes, f"{explained(scored)}\n{lines}")
    return figure


def _equal_f1(axes: Axes) -> None:
    """F1 = 2PR / (P + R), solved for the precision at every recall that can have it (Q.R > F1 / 2)."""
    for f1 in F1:
        recall = np.linspace(f1 / (2 - f1), 1, 100)
        precision = f1 * recall / (2 * recall - f1)
        axes.plot(recall, precision, color=GREY, alpha=0.35, linewidth=1, zorder=0)
        axes.annotate(f"{f1}", (1.01, precision[-1]), (3, 0), textcoords="offset points", va="center", fontsize=7)
