"""How the probability of each class is spread over the cases of the class and over all others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mammo_monai.evaluation.plots._one_against_rest import distinct
from mammo_monai.evaluation.plots._style import GREY, LINE, new_figure, tidy, wrapped
from mammo_monai.evaluation.scored import Scored

BINS = 20


def draw(scored: Scored, folder: Path) -> Figure | None:
    """See :class:`mammo_monai.evaluation.plots.Picture`; each histogram in shares of its own cases."""
    ones = distinct(scored)
    figure = new_figure(max(4.0, 2.4 * len(ones) + 0.8), 3.3)
    panels = figure.subplots(1, len(ones), sharex=True, sharey=True, squeeze=False)[0]
    for one, axes in zip(ones, panels, strict=True):
        for chosen, name, style in (
            (~one.truth, one.rest, {"histtype": "stepfilled", "color": GREY, "alpha": 0.45}),
            (one.truth, one.name, {"histtype": "step", "color": one.style["color"], "linewidth": 1.5}),
        ):
            cases = one.score[chosen]
            shares = np.full(len(cases), 1 / max(1, len(cases)))
            axes.hist(
                cases, BINS, range=(0, 1), weights=shares, label=f"{wrapped(name, LINE)} (n = {len(cases):,})", **style
            )
        axes.set_title(wrapped(one.name, LINE))
        axes.margins(y=0.35)
        axes.legend(fontsize=7, frameon=False, loc="upper center")
        tidy(axes)
    panels[0].set_ylabel("share of these cases")
    figure.supxlabel("probability of the class", fontsize=9)
    return figure
