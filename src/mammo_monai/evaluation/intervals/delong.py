"""Variance of an area under the ROC curve, and of the difference of two on the same rows.

DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837, from midranks as in Sun and Xu, IEEE Signal Process Lett 21
(2014) 1389: O(N log N) instead of all pairs. Over patients by Obuchowski, Biometrics 53 (1997) 567, which is DeLong's
variance where every patient brings one row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from mammo_monai.evaluation.intervals import Interval, around, quantile
from mammo_monai.evaluation.scored import FloatArray, IntArray, TextArray

BoolArray = npt.NDArray[np.bool_]


def area(scores: FloatArray, positive: BoolArray, patients: TextArray) -> Interval:
    """Interval of one area.

    Args:
        scores: (N,), higher for positive.
        positive: (N,).
        patients: (N,) whose row it is.
    """
    error, freedom = _error(parts := components(scores, positive), positive, patients)
    return Interval(*around(_area(parts, positive), error, freedom), f"DeLong, {_over(patients)}")


def difference(ours: FloatArray, theirs: FloatArray, positive: BoolArray, patients: TextArray) -> Interval:
    """Interval of the area of ``theirs`` less that of ``ours``, (N,) scores of the same rows."""
    parts = components(theirs, positive) - components(ours, positive)
    error, freedom = _error(parts, positive, patients)
    half = quantile(freedom) * error if error > 0 else float("nan")
    value = _area(parts, positive)
    return Interval(value - half, value + half, f"paired DeLong, {_over(patients)}")


def components(scores: FloatArray, positive: BoolArray) -> FloatArray:
    """(N,) structural components: of a positive row the share of the negatives below it, of a negative one the share
    of the positives above it, ties counting half. The mean over the rows of either kind is the area; NaN with one kind.
    """
    above, below = scores[positive], scores[~positive]
    ranks = rankdata(scores)
    parts = np.full(len(scores), np.nan)
    if len(above) and len(below):
        parts[positive] = (ranks[positive] - rankdata(above)) / len(below)
        parts[~positive] = 1 - (ranks[~positive] - rankdata(below)) / len(above)
    return parts


def variance(parts: FloatArray, positive: BoolArray, patients: TextArray) -> float:
    """Variance of the area, or difference of areas, that these components make; NaN with one patient of a kind."""
    owner = np.unique(patients, return_inverse=True)[1]
    sums, counts = [], []
    for kind in (positive, ~positive):
        centred = np.where(kind, parts - parts[kind].mean(), 0) / kind.sum()
        sums.append(np.bincount(owner, centred))
        counts.append(len(np.unique(owner[kind])))
    if min(counts) < 2:
        return float("nan")
    (first, second), everyone = sums, owner.max() + 1
    own = sum(n / (n - 1) * (part**2).sum() for n, part in zip(counts, sums, strict=True))
    return float(own + 2 * everyone / (everyone - 1) * (first * second).sum())


def _error(parts: FloatArray, positive: BoolArray, patients: TextArray) -> tuple[float, float]:
    """Standard error, NaN where there is none, and its degrees of freedom."""
    if not 0 < positive.sum() < len(positive):
        return float("nan"), 0
    fewest = min(len(np.unique(patients[kind])) for kind in (positive, ~positive))
    squared = variance(parts, positive, patients)
    return float(np.sqrt(squared)) if squared > 0 else float("nan"), fewest - 1


def _area(parts: FloatArray, positive: BoolArray) -> float:
    return float(parts[positive].mean()) if positive.any() else float("nan")


def _over(patients: IntArray | TextArray) -> str:
    return f"{len(np.unique(patients))} patients"
