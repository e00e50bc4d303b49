"""What a figure that is 0 of a perfect network is of so few rows, were the network perfect.

The consistency bars of Bröcker and Smith, Weather Forecast 22 (2007) 651, for a sum over bins. A patient's rows keep
what they share: the signs of all her contributions are drawn together.
"""

from __future__ import annotations

import numpy as np

from mammo_monai.evaluation.intervals import LEVEL
from mammo_monai.evaluation.intervals.bootstrap import signs
from mammo_monai.evaluation.scored import FloatArray, TextArray

FEWEST = 7
"""Patients: fewer have less than 40 patterns of signs that differ, of which one is 2.5 %."""


def by_chance(parts: FloatArray, patients: TextArray) -> tuple[float, float] | None:
    """Where 95 % of the sums of absolute column sums lie if every entry is expected to be 0.

    Args:
        parts: (N, K), what each row adds to each of K sums.
        patients: (N,) whose row it is.

    Returns:
        None with fewer than :data:`FEWEST` patients.
    """
    if len(np.unique(patients)) < FEWEST:
        return None
    sums = np.concatenate([np.abs(drawn @ parts).sum(1) for drawn in signs(patients)])
    low, high = np.quantile(sums, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
