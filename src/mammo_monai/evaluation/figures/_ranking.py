"""The rows of a class and the rest in the order of its scores, with cumulated weights: the stuff of AUC and AUPRC.

Scores of several networks have no common scale. Where a table pools them (column ``fold``: cross-validation), a row is
ranked among the rows of its own fold only.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mammo_monai.evaluation.scored import FloatArray, IntArray, Scored


def ordered(scored: Scored, index: int) -> Iterator[tuple[IntArray, IntArray, FloatArray, FloatArray]]:
    """Of each fold its rows of class ``index`` and of the rest by ascending score, and these scores."""
    scores = scored.probabilities[:, index]
    order = np.argsort(scores, kind="stable")
    for fold in range(scored.folds.max(initial=0) + 1):
        rows = order[scored.folds[order] == fold]
        positive = scored.labels[rows] == index
        inside, outside = rows[positive], rows[~positive]
        yield inside, outside, scores[inside], scores[outside]


def cumulated(weights: FloatArray) -> FloatArray:
    """(n + 1, B) sums of the first 0, 1, ... n rows of (n, B)."""
    sums = np.zeros((len(weights) + 1, weights.shape[1]))
    np.cumsum(weights, axis=0, out=sums[1:])
    return sums
