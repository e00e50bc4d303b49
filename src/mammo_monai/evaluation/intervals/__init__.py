"""How sure a figure is: bootstrap over patients, moderated DeLong for areas, Wilson for proportions.

All are clustered by patient: the images of a woman are not independent. The 95 % intervals of what has a lowest and a
highest value are made on the logit scale with Student's t of the patients: percentiles of the draws held the truth in
91 to 94 % of simulated studies of 20 to 60 patients, these in 94 to 97 % (tests/evaluation/test_coverage.py). That of
an area looks at the model besides: see :mod:`mammo_monai.evaluation.intervals.delong`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit, stdtrit

LEVEL = 0.95
"""Share of studies whose interval is meant to hold the truth."""


class Interval(NamedTuple):
    """Lower and upper end, NaN where there is none, and how they were made."""

    low: float
    high: float
    method: str


NOTHING = Interval(float("nan"), float("nan"), "")


ROUNDING = 1e-9
"""Share of the span below which a standard error is that of the arithmetic: every draw gave the same value."""


def quantile(freedom: float, level: float = LEVEL) -> float:
    """How many standard errors an interval reaches to either side, by degrees of freedom; NaN of none."""
    return float(stdtrit(freedom, (1 + level) / 2)) if freedom > 0 else float("nan")


def around(value: float, error: float, freedom: float, span: tuple[float, float] = (0.0, 1.0)) -> tuple[float, float]:
    """Ends of the interval of a value, within the span of what is possible.

    Args:
        value: of the figure.
        error: its standard error.
        freedom: degrees of freedom of the error: patients less one.
        span: lowest and highest possible value.

    Returns:
        NaN at the ends of the span and without spread, where an error says nothing.
    """
    width = span[1] - span[0]
    share = (value - span[0]) / width
    if not (0 < share < 1 and error > ROUNDING * width):
        return float("nan"), float("nan")
    half = quantile(freedom) * error / width / (share * (1 - share))
    low, high = expit(logit(share) + np.array([-half, half])) * width + span[0]
    return float(low), float(high)
