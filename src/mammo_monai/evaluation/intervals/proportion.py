"""Interval of a single proportion: Wilson's score interval.

Wilson, JASA 22 (1927) 209; compared with the exact one and others by Brown, Cai and DasGupta, Stat Sci 16 (2001) 101.
Over patients as Korn and Graubard, Surv Methodol 24 (1998) 193: with as many rows as would be worth as much if they
were independent.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from statsmodels.stats.proportion import proportion_confint

from mammo_monai.evaluation.intervals import LEVEL, NOTHING, Interval, quantile
from mammo_monai.evaluation.scored import TextArray


def wilson(hits: float, n: float) -> Interval:
    """Score interval of ``hits`` of ``n`` independent rows; NaN of nothing."""
    if not n:
        return NOTHING
    low, high = proportion_confint(hits, n, alpha=1 - LEVEL, method="wilson")
    share = hits / n  # rounding may put an end a little short of a share of 0 or 1, or beyond it
    return Interval(max(float(min(low, share)), 0.0), min(float(max(high, share)), 1.0), "Wilson")


def over_patients(hits: npt.NDArray[np.bool_], patients: TextArray) -> Interval:
    """Wilson's interval of (N,) hits, with (N,) patients who may bring several rows each."""
    if not len(hits):
        return wilson(0, 0)
    names, owner = np.unique(patients, return_inverse=True)
    if len(names) == len(hits):
        return wilson(int(hits.sum()), len(hits))
    n = effective(hits, owner)
    return wilson(hits.mean() * n, n)._replace(
        method=f"Wilson, {len(hits)} rows of {len(names)} patients, worth {n:.1f}"
    )


def effective(hits: npt.NDArray[np.bool_], owner: npt.NDArray[np.intp]) -> float:
    """How many independent rows (N,) hits of patients 0 to P - 1 are worth.

    Where all rows are hits, or none, nothing shows how alike a patient's rows are, and each patient counts once.
    """
    share, patients = hits.mean(), int(owner.max()) + 1
    excess = np.bincount(owner, hits - share) / len(hits)
    spread = (excess**2).sum() * patients / max(patients - 1, 1)
    if spread == 0:
        return float(patients)
    return float(min(share * (1 - share) / spread, len(hits)) * (quantile(np.inf) / quantile(patients - 1)) ** 2)
