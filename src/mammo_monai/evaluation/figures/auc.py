"""Area under the ROC curve of each class against the rest, and its mean over the classes ("macAUC").

The area is the share of pairs of a positive and a negative row in which the positive one scores higher, ties counting
half (Bamber, J Math Psychol 12 (1975) 387); of a cross-validation the pairs within a fold, all folds together.
macAUC is the main figure of Geras et al. 2018 and the Hanoi BI-RADS study.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from mammo_monai.evaluation.figures import Figure, by_class, ratio
from mammo_monai.evaluation.figures._ranking import cumulated, ordered
from mammo_monai.evaluation.intervals import Interval, delong
from mammo_monai.evaluation.scored import FloatArray, Scored


def describe(scored: Scored) -> dict[str, Figure]:
    """``macro_auc`` and ``auc_<class>``."""
    whole = scored.folds.max(initial=0) == 0  # DeLong ranks all rows together
    each = {
        f"auc_{name}": Figure(
            f"rows of {name} and rows of other classes",
            len(scored),
            partial(delong.area, scored.probabilities[:, index], scored.labels == index, scored.patients)
            if whole
            else None,
        )
        for index, name in enumerate(scored.class_names)
    }
    return {
        "macro_auc": Figure("rows of every class", len(scored), ends=partial(_ends, scored) if whole else None),
        **each,
    }


def _ends(scored: Scored, value: float, error: float) -> Interval:
    positive = scored.labels[:, None] == np.arange(len(scored.class_names))
    return delong.mean(value, error, scored.probabilities, positive, scored.patients)


def values(scored: Scored, weights: FloatArray) -> dict[str, FloatArray]:
    """Areas of (B, N) weights; NaN where a class or its rest is absent."""
    areas = np.stack([_area(scored, weights, index) for index in range(len(scored.class_names))], axis=1)
    return {"macro_auc": areas.mean(1), **by_class("auc", scored.class_names, areas)}


def _area(scored: Scored, weights: FloatArray, index: int) -> FloatArray:
    wins, pairs = np.zeros((2, len(weights)))
    for inside, outside, above, below in ordered(scored, index):
        positive, sums = weights.T[inside], cumulated(weights.T[outside])
        lower, upper = (np.searchsorted(below, above, side) for side in ("left", "right"))
        beaten, tied = sums[lower], np.flatnonzero(lower != upper)
        beaten[tied] = (beaten[tied] + sums[upper[tied]]) / 2
        wins += np.einsum("ib,ib->b", positive, beaten)
        pairs += positive.sum(0) * sums[-1]
    return ratio(wins, pairs)
