"""ROC curves of one class against the rest."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from sklearn.metrics import RocCurveDisplay, auc, roc_curve

from mammo_monai.evaluation.plots._intervals import interval
from mammo_monai.evaluation.plots._one_against_rest import distinct
from mammo_monai.evaluation.plots._style import GREY, legend_below, new_figure, tidy
from mammo_monai.evaluation.scored import Scored


def draw(scored: Scored, folder: Path) -> Figure | None:
    """See :class:`mammo_monai.evaluation.plots.Picture`."""
    figure = new_figure(5.2, 5.8)
    axes = figure.subplots()
    ones = distinct(scored)
    for one in ones:
        if one.undefined:
            axes.plot([], [], label=f"{one.name}: {one.undefined}", **one.style)
            continue
        fpr, tpr, _ = roc_curve(one.truth, one.score)
        area = auc(fpr, tpr)
        RocCurveDisplay(fpr=fpr, tpr=tpr).plot(axes)
        axes.lines[-1].set(label=f"{one.title}: AUC {area:.3f}{interval(folder, f'auc_{one.key}', area)}", **one.style)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1, zorder=0)
    axes.set(
        title=f"{ones[-1].name} against {ones[-1].rest}" if len(ones) == 1 else "One class against all others",
        xlabel="1 − specificity",
        ylabel="sensitivity",
        aspect="equal",
    )
    tidy(axes)
    legend_below(figure, axes)
    return figure
