"""ROC curves of one class against the rest."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from mammo_monai.evaluation.plots._curve import NOWHERE, draw_curve, explained, roc
from mammo_monai.evaluation.plots._intervals import interval
from mammo_monai.evaluation.plots._one_against_rest import distinct
from mammo_monai.evaluation.plots._style import GREY, legend_below, new_figure, tidy
from mammo_monai.evaluation.scored import Scored


def draw(scored: Scored, folder: Path) -> Figure | None:
    """See :class:`mammo_monai.evaluation.plots.Picture`."""
    figure = new_figure(5.2, 6.0)
    axes = figure.subplots()
    ones = distinct(scored)
    for one in ones:
        curve = roc(scored, one.index)
        if curve is None:
            axes.plot([], [], label=f"{one.name}: {one.undefined or NOWHERE}", **one.style)
            continue
        label = f"{one.title}: AUC {curve.area:.3f}{interval(folder, f'auc_{one.key}', curve.area)}"
        draw_curve(axes, curve, label, one.style)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1, zorder=0)
    axes.set(
        title=f"{ones[-1].name} against {ones[-1].rest}" if len(ones) == 1 else "One class against all others",
        xlabel="1 − specificity",
        ylabel="sensitivity",
        aspect="equal",
    )
    tidy(axes)
    legend_below(figure, axes, explained(scored))
    return figure
