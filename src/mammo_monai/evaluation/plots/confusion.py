"""Confusion matrix in counts and as shares of each true class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from mammo_monai.evaluation.plots._one_against_rest import classes
from mammo_monai.evaluation.plots._style import new_figure, tidy, wrapped
from mammo_monai.evaluation.scored import Scored

PANELS = {"counts": (None, ",d"), "share of the true class": ("true", ".2f")}
LINE = 14
"""Characters of a name before it is broken."""


def draw(scored: Scored, folder: Path) -> Figure | None:
    """See :class:`mammo_monai.evaluation.plots.Picture`; rows are the truth."""
    ones = classes(scored)
    names = [wrapped(one.name, LINE) for one in ones]
    truth = [f"{name}\n(n = {one.truth.sum():,})" for name, one in zip(names, ones, strict=True)]
    upright = max(len(line) for name in names for line in name.split("\n")) <= LINE // 2
    side = 1.9 + 0.55 * len(names)
    figure = new_figure(2 * side, side)
    for axes, (title, (normalize, shape)) in zip(figure.subplots(1, 2, sharey=True), PANELS.items(), strict=True):
        display = ConfusionMatrixDisplay.from_predictions(
            scored.labels, scored.called, labels=np.arange(len(names)), normalize=normalize,
            display_labels=names, values_format=shape, ax=axes, colorbar=False, cmap="Blues", text_kw={"fontsize": 8},
        )  # fmt: skip
        if normalize:
            for row in (i for i, one in enumerate(ones) if not one.truth.any()):
                for text in display.text_[row]:
                    text.set_text("–")  # scikit-learn writes 0 there: no case is no share
        axes.set(title=title, xlabel="predicted", ylabel="truth" if normalize is None else "")
        axes.set_yticks(range(len(names)), truth)
        if not upright:
            axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
        tidy(axes)
    return figure
