"""A curve of a class: the line of all folds, those of each, its area, and the band that the patients leave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from sklearn.metrics import auc

from mammo_monai.evaluation.intervals import LEVEL
from mammo_monai.evaluation.intervals.bootstrap import draws
from mammo_monai.evaluation.plots._ranked import PRECISION_RECALL, ROC, Counts, Kind, Line, counted, mean
from mammo_monai.evaluation.scored import FloatArray, Scored

DRAWS = 200
GRID = np.linspace(0, 1, 51)
"""Where the band has its ends."""
NOWHERE = "undefined: no fold has a case and one of another class"


@dataclass(frozen=True)
class Curve:
    """A curve over 0 to 1.

    Attributes:
        line: of all rows.
        folds: the line of each fold, where there are several.
        area: below the line: the figure of :mod:`mammo_monai.evaluation.figures`.
        band: (2, G) between which :data:`LEVEL` of the curves lie at each of :data:`GRID` when patients are drawn anew.
            Percentiles, not the intervals of the figures: those are of no use where a curve is close to 0 or 1.
    """

    line: Line
    folds: list[Line]
    area: float
    band: FloatArray


def roc(scored: Scored, index: int) -> Curve | None:
    """Sensitivity by 1 - specificity of a class; None where no fold has a row of it and one of another."""
    return _curve(scored, index, ROC)


def precision_recall(scored: Scored, index: int) -> Curve | None:
    """Precision by recall of a class; None without a row of it."""
    return _curve(scored, index, PRECISION_RECALL)


def draw_curve(axes: Axes, curve: Curve, label: str, style: Mapping[str, Any]) -> None:
    """The curve in the style of its class, those of folds thin, over the band."""
    axes.fill_between(GRID, *curve.band, color=style["color"], alpha=0.12, linewidth=0)
    for line in curve.folds:
        axes.plot(*line, color=style["color"], alpha=0.35, linewidth=0.6)
    axes.plot(*curve.line, label=label, **style)


def explained(scored: Scored) -> str:
    """What is not in the legend, in words."""
    folds = scored.folds.max(initial=0) + 1
    band = f"band: {100 * LEVEL:g} % of {DRAWS} draws of the patients, at each place"
    return f"{band}\nthin: each of {folds} folds, thick: their mean" if folds > 1 else band


def _curve(scored: Scored, index: int, kind: Kind) -> Curve | None:
    every = [(found[0], false[0]) for found, false in counted(scored, index, np.ones((1, len(scored))))]
    folds = [fold for fold in every if kind.weight(fold[0][-1], fold[1][-1])]
    if not folds:
        return None
    line = _line(kind, folds)
    each = [_line(kind, [fold]) for fold in folds] if len(folds) > 1 else []
    return Curve(line, each, float(auc(*line)), _band(scored, index, kind))


def _line(kind: Kind, folds: list[Counts]) -> Line:
    """Every corner of the mean of these folds."""
    places = np.unique(np.concatenate([[0.0], *(kind.line(*fold)[0] for fold in folds)]))
    x, y = np.repeat(places, 2), mean(kind, folds, places).T.ravel()
    new = np.append(True, (np.diff(x) != 0) | (np.diff(y) != 0))
    return x[new], y[new]


def _band(scored: Scored, index: int, kind: Kind) -> FloatArray:
    drawn = [
        mean(kind, [(found[one], false[one]) for found, false in folds], GRID)[1]
        for weights in draws(scored.patients, DRAWS)
        for folds in [list(counted(scored, index, weights))]
        for one in range(len(weights))
    ]
    defined = [heights for heights in drawn if not np.isnan(heights).any()]
    return np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
