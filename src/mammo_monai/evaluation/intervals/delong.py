"""Variance of an area under the ROC curve, and of the difference of two on the same rows.

DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837, from midranks as in Sun and Xu, IEEE Signal Process Lett 21
(2014) 1389: O(N log N) instead of all pairs. Over patients by Obuchowski, Biometrics 53 (1997) 567, which is DeLong's
variance where every patient brings one row.

A few positive patients near an area of 1 show less spread than they have: those that would score low have not come yet.
The interval of an area therefore weighs DeLong's variance with the one that an area of that size has in the model of
Hanley and McNeil, Radiology 143 (1982) 29, and holds the areas that the one found is compatible with, as Newcombe's,
Stat Med 25 (2006) 559. Weights and degrees of freedom as in Smyth's moderated t, Stat Appl Genet Mol Biol 3 (2004) 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import rankdata

from mammo_monai.evaluation.intervals import Interval, quantile
from mammo_monai.evaluation.scored import FloatArray, IntArray, TextArray

BoolArray = npt.NDArray[np.bool_]
MODEL = 10
"""How many degrees of freedom the model's variance is worth; of 0, 5, 10 and 20 the one whose intervals held best."""
MODERATED = "moderated by Hanley and McNeil"


def area(scores: FloatArray, positive: BoolArray, patients: TextArray) -> Interval:
    """Interval of one area.

    Args:
        scores: (N,), higher for positive.
        positive: (N,).
        patients: (N,) whose row it is.
    """
    error = _error(parts := components(scores, positive), positive, patients)
    ends = compatible(_area(parts, positive), error, freedom(positive, patients), [(parts, positive)])
    return Interval(*ends, f"DeLong {MODERATED}, {_over(patients)}")


def mean(value: float, error: float, scores: FloatArray, positive: BoolArray, patients: TextArray) -> Interval:
    """Interval of the mean of areas whose standard error is known, as from a bootstrap.

    Args:
        value: the mean.
        error: its standard error.
        scores: (N, C), of each area.
        positive: (N, C).
        patients: (N,) whose row it is.
    """
    kinds = list(positive.T)
    parts = [(components(score, kind), kind) for score, kind in zip(scores.T, kinds, strict=True)]
    return Interval(*compatible(value, error, min(freedom(kind, patients) for kind in kinds), parts), MODERATED)


def compatible(
    value: float, error: float, freedom: float, parts: Sequence[tuple[FloatArray, BoolArray]]
) -> tuple[float, float]:
    """Smallest and largest area that the one found, or the mean of several, may as well have come from.

    What rows of a patient and classes of a table share makes the standard error of the model as much larger or smaller
    than that of independent rows as it makes the one found.

    Args:
        value: the area.
        error: its standard error.
        freedom: degrees of freedom of it.
        parts: (N,) components and which of them are of positive rows, of each area.
    """
    nothing = float("nan"), float("nan")
    if not (0 < value < 1 and error > 0 and freedom > 0):
        return nothing
    counts = [(int(positive.sum()), int((~positive).sum())) for _, positive in parts]
    alone = np.mean([variance(part, positive, np.arange(len(part))) ** 0.5 for part, positive in parts])
    reach = quantile(freedom + MODEL) * error
    if not alone > 0:
        return nothing

    def beyond(area: float) -> float:
        seen = area * (1 - area) / (value * (1 - value))
        model = np.mean([expected(area, *count) ** 0.5 for count in counts]) / alone
        return float((value - area) ** 2 - reach**2 * (freedom * seen + MODEL * model**2) / (freedom + MODEL))

    return float(brentq(beyond, 0, value)), float(brentq(beyond, value, 1))


def difference(ours: FloatArray, theirs: FloatArray, positive: BoolArray, patients: TextArray) -> Interval:
    """Interval of the area of ``theirs`` less that of ``ours``, (N,) scores of the same rows."""
    parts = components(theirs, positive) - components(ours, positive)
    error = _error(parts, positive, patients)
    half = quantile(freedom(positive, patients)) * error
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


def variance(parts: FloatArray, positive: BoolArray, patients: IntArray | TextArray) -> float:
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


def expected(area: float, positive: int, negative: int) -> float:
    """Variance of an area of this size, of this many independent rows of either kind, by Hanley and McNeil."""
    above = (positive - 1) * (1 - area) / (2 - area)
    below = (negative - 1) * area / (1 + area)
    return area * (1 - area) * (1 + above + below) / (positive * negative)


def freedom(positive: BoolArray, patients: TextArray) -> int:
    """Degrees of freedom of the variance: patients of the rarer kind, less one."""
    return min(len(np.unique(patients[kind])) for kind in (positive, ~positive)) - 1


def _error(parts: FloatArray, positive: BoolArray, patients: TextArray) -> float:
    """Standard error, NaN where there is none."""
    squared = variance(parts, positive, patients) if 0 < positive.sum() < len(positive) else 0
    return float(np.sqrt(squared)) if squared > 0 else float("nan")


def _area(parts: FloatArray, positive: BoolArray) -> float:
    return float(parts[positive].mean()) if positive.any() else float("nan")


def _over(patients: IntArray | TextArray) -> str:
    return f"{len(np.unique(patients))} patients"
