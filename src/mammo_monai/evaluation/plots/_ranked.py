"""Lines of ROC and of precision and recall, of rows that are ranked within their own fold only.

Scores of several networks have no common scale, and the figures rank so too. Each fold has its line; that of all is
their mean at every place of the horizontal axis (vertical averaging: Fawcett, Pattern Recognit Lett 27 (2006) 861),
weighted as the figures weigh them, so that the area below it is the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from mammo_monai.evaluation.scored import FloatArray, Scored

Line = tuple[FloatArray, FloatArray]
"""Places from 0 to 1, ascending, and heights."""
Counts = tuple[FloatArray, FloatArray]
"""Rows of the class, and others, that score as high as each threshold, the highest first; 0 and 0 before all."""


@dataclass(frozen=True)
class Kind:
    """One kind of line.

    Attributes:
        line: of the counts of a fold.
        heights: (2, K) of a line just before and just after each of (K,) places.
        weight: of a fold with so many rows of the class and others; one of weight 0 has no line.
    """

    line: Callable[[FloatArray, FloatArray], Line]
    heights: Callable[[Line, FloatArray], FloatArray]
    weight: Callable[[float, float], float]


def _climbing(line: Line, places: FloatArray) -> FloatArray:
    """Straight between the points; where several have one place, the line climbs from the first to the last."""
    x, y = line
    first, after = np.searchsorted(x, places, "left"), np.searchsorted(x, places, "right")
    right = np.maximum(first, 1)
    width = x[right] - x[right - 1]
    part = np.divide(places - x[right - 1], width, out=np.zeros_like(places), where=width > 0)
    between = y[right - 1] + part * (y[right] - y[right - 1])
    return np.where(first < after, np.stack([y[first], y[after - 1]]), between)


def _precision(found: FloatArray, false: FloatArray) -> Line:
    some = found > 0
    return found[some] / found[-1], found[some] / (found + false)[some]


def _stepping(line: Line, places: FloatArray) -> FloatArray:
    """The precision of the highest threshold that finds as much, as average precision takes it."""
    x, y = line
    return y[np.minimum([np.searchsorted(x, places, side) for side in ("left", "right")], len(x) - 1)]


ROC: Final = Kind(lambda found, false: (false / false[-1], found / found[-1]), _climbing, lambda own, rest: own * rest)
"""Sensitivity by 1 - specificity; folds by their pairs of a row of the class and another."""
PRECISION_RECALL: Final = Kind(_precision, _stepping, lambda own, rest: own)
"""Precision by recall; folds by their rows of the class."""


def counted(scored: Scored, index: int, weights: FloatArray) -> Iterator[Counts]:
    """Counts (B, G) of each fold.

    Args:
        scored: N rows.
        index: of the class.
        weights: (B, N) how often each row counts.
    """
    scores, positive = scored.probabilities[:, index], scored.labels == index
    order = np.argsort(-scores, kind="stable")
    for fold in range(scored.folds.max(initial=0) + 1):
        rows = order[scored.folds[order] == fold]
        last = np.append(np.diff(scores[rows]) != 0, True)
        own = weights[:, rows]
        found, false = (np.cumsum(own * which, axis=1)[:, last] for which in (positive[rows], ~positive[rows]))
        yield np.pad(found, ((0, 0), (1, 0))), np.pad(false, ((0, 0), (1, 0)))


def mean(kind: Kind, folds: Iterable[Counts], places: FloatArray) -> FloatArray:
    """(2, K) heights of the mean of the folds' lines before and after each place; NaN where no fold has a line."""
    total, heights = 0.0, np.zeros((2, len(places)))
    for found, false in folds:
        if weight := kind.weight(found[-1], false[-1]):
            heights += weight * kind.heights(kind.line(found, false), places)
            total += weight
    return heights / total if total else np.full_like(heights, np.nan)
