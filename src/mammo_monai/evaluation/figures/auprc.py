"""Area under the precision-recall curve of each class against the rest (average precision), and its mean.

The precision at each positive row's score, averaged over the positive rows, without interpolation: Davis and Goadrich,
ICML 2006, show why not to interpolate.
"""

from __future__ import annotations

import numpy as np

from mammo_monai.evaluation.figures import Figure, by_class, ratio
from mammo_monai.evaluation.figures._ranking import cumulated, ordered
from mammo_monai.evaluation.scored import FloatArray, Scored


def describe(scored: Scored) -> dict[str, Figure]:
    """``macro_auprc`` and ``auprc_<class>``."""
    each = {f"auprc_{name}": Figure(f"rows of {name}", len(scored)) for name in scored.class_names}
    return {"macro_auprc": Figure("rows of every class", len(scored)), **each}


def values(scored: Scored, weights: FloatArray) -> dict[str, FloatArray]:
    """Areas of (B, N) weights; NaN where a class is absent."""
    areas = np.stack([_area(scored, weights, index) for index in range(len(scored.class_names))], axis=1)
    return {"macro_auprc": areas.mean(1), **by_class("auprc", scored.class_names, areas)}


def _area(scored: Scored, weights: FloatArray, index: int) -> FloatArray:
    sums, positives = np.zeros((2, len(weights)))
    for inside, outside, above, below in ordered(scored, index):
        positive = weights.T[inside]
        # Found at a threshold is everything that scores at least as high: the total less what lies below.
        found, false = cumulated(positive), cumulated(weights.T[outside])
        found = (found[-1] - found)[np.searchsorted(above, above)]
        false = (false[-1] - false)[np.searchsorted(below, above)]
        precision = np.divide(found, found + false, out=np.zeros_like(found), where=found > 0)
        sums += np.einsum("ib,ib->b", positive, precision)
        positives += positive.sum(0)
    return ratio(sums, positives)
