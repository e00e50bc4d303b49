"""Readers as points in the plane of the model's ROC curves, one panel per class against the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.plots._curve import draw_curve, roc
from mammo_monai.evaluation.plots._style import COLOURS, GREY, drawn_name, legend_below, tidy
from mammo_monai.evaluation.scored import FloatArray, Scored
from mammo_monai.reader_study.figures import Result

_MARKERS: Final = {"reader": "o", "mean": "D", "committee": "s", "model": "*"}
_COLUMNS = 3
_PANEL = 3.6
"""Side of a panel in inches."""


def draw(model: Scored, auc: Mapping[str, Estimate], results: Sequence[Result]) -> Figure:
    """The figure; a class without cases, or without others, has no curve and no points.

    Args:
        model: the cases and the model's probabilities.
        auc: its areas by the figure's name.
        results: of everybody; bars are the 95 % intervals.
    """
    columns = min(_COLUMNS, len(model.class_names))
    rows = -(-len(model.class_names) // columns)
    figure = Figure(figsize=(_PANEL * columns, _PANEL * rows + 0.1 * len(results) + 0.4), layout="compressed")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for index, (name, axes) in enumerate(zip(model.class_names, panels, strict=False)):
        if curve := roc(model, index):
            draw_curve(axes, curve, "model, every threshold; band: 95 %", {"color": GREY})
        for place, result in enumerate(results):
            _point(axes, result, name, "black" if result.kind == "model" else COLOURS[place % len(COLOURS)])
        axes.plot([0, 1], [0, 1], ":", color=GREY, linewidth=1, zorder=0)
        axes.set(xlabel="1 − specificity", ylabel="sensitivity", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
        axes.set_title(f"{drawn_name(name)} against the rest\nAUC {auc[f'auc_{name}']}")
        tidy(axes)
        axes.title.set_fontsize(8)
    for axes in panels[len(model.class_names) :]:
        axes.set_visible(False)
    legend_below(figure, panels[0], columns=2)
    return figure


def _point(axes: Axes, result: Result, name: str, colour: str) -> None:
    sensitivity, specificity = result.figures[f"sensitivity_{name}"], result.figures[f"specificity_{name}"]
    if sensitivity.value is None or specificity.value is None:
        return
    axes.errorbar(
        1 - specificity.value,
        sensitivity.value,
        xerr=_bar(specificity)[::-1],
        yerr=_bar(sensitivity),
        fmt=_MARKERS[result.kind],
        color=colour,
        markeredgecolor="white",
        markersize=12 if result.kind == "model" else 6,
        elinewidth=0.7,
        label=drawn_name(result.name),
    )


def _bar(estimate: Estimate) -> FloatArray:
    """(2, 1) lengths below and above the value; 0 without an interval."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return np.zeros((2, 1))
    return np.array([[estimate.value - estimate.low], [estimate.high - estimate.value]])
