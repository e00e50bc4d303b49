"""A figure as it is reported: value, 95 % interval, n, how the interval was made, and why something is missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mammo_monai.evaluation.intervals import Interval, around
from mammo_monai.evaluation.scored import FloatArray

SPREAD = "too few patients, or too good, to show a spread"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; undefined is None with a reason, never 0 or 1.

    Attributes:
        value: of all rows; None where it is undefined.
        low: lower end of the 95 % interval; None without an interval.
        high: upper end.
        n: rows that the figure is a figure of: those of the class for a sensitivity, those called so for a precision.
        method: how the interval was made.
        reason: why value or interval is None.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str = ""
    reason: str = ""

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Estimate:
        """The estimate that ``metrics.json`` holds as :meth:`content`."""
        return cls(**content)

    def content(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    def text(self, decimals: int = 3) -> str:
        """As printed: ``0.712 (0.640 to 0.781, n = 123)``; with the reason where value or interval is missing."""
        if self.value is None:
            return f"undefined ({self.reason}, n = {self.n})"
        if self.low is None or self.high is None:
            return f"{self.value:.{decimals}f} (no interval: {self.reason}, n = {self.n})"
        return f"{self.value:.{decimals}f} ({self.low:.{decimals}f} to {self.high:.{decimals}f}, n = {self.n})"

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True, slots=True)
class Difference(Estimate):
    """A figure of one table less that of another.

    Attributes:
        freedom: degrees of freedom of its standard error.
        span: lowest and highest possible value, where the interval is symmetric on their logit scale; None where it is
            symmetric as it stands.
    """

    freedom: int = 0
    span: tuple[float, float] | None = None


def of_interval(value: float, interval: Interval, n: int, needs: str, lacks: str = SPREAD) -> Estimate:
    """A figure whose interval has a formula.

    Args:
        value: NaN where it is undefined.
        interval: NaN where there is none.
        n: rows it is a figure of.
        needs: what there has to be for it to be defined.
        lacks: why there is no interval where there is none.
    """
    if math.isnan(value):
        return Estimate(None, None, None, n, reason=f"needs {needs}")
    if math.isnan(interval.low):
        return Estimate(value, None, None, n, reason=lacks)
    return Estimate(value, interval.low, interval.high, n, interval.method)


def of_draws(
    value: float, draws: FloatArray, patients: int, method: str, n: int, needs: str, span: tuple[float, float],
    ends: Callable[[float, float], Interval] | None = None,
) -> Estimate:  # fmt: skip
    """A figure whose interval is made of bootstrap replicates; those in which it is undefined are left out and counted.

    Args:
        value: NaN where it is undefined.
        draws: (B,) replicates, NaN where it is undefined.
        patients: drawn in each of them.
        method: how they were drawn, in words.
        n: rows it is a figure of.
        needs: what there has to be for it to be defined.
        span: lowest and highest possible value.
        ends: the interval of value and standard error; None for that of any figure with this span.
    """
    defined = draws[~np.isnan(draws)]
    left_out = len(draws) - len(defined)
    if not math.isnan(value) and 2 * left_out > len(draws):
        return Estimate(value, None, None, n, reason=f"undefined in {left_out} of {len(draws)} draws")
    error = float(defined.std()) if len(defined) else math.nan
    made = ends(value, error) if ends else Interval(*around(value, error, patients - 1, span), "on the logit scale")
    counted = f"{method}, {left_out} undefined" if left_out else method
    return of_interval(value, made._replace(method=f"{counted}; standard error {made.method}"), n, needs)
