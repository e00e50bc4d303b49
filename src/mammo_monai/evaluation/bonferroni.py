"""Several differences at once: which of them are more than noise when all of them are looked at together."""

from __future__ import annotations

from scipy.special import logit

from mammo_monai.evaluation.estimate import Difference
from mammo_monai.evaluation.intervals import LEVEL, quantile


def survives(difference: Difference, total: int) -> bool | None:
    """Whether an interval still leaves 0 out when it is one of many (Bonferroni): of level 1 - 0.05 / ``total``.

    The interval of one alone is widened by the ratio of the quantiles of Student's t, on the scale it was made on.

    Args:
        difference: with its 95 % interval.
        total: differences that are looked at together.

    Returns:
        None without an interval.
    """
    if difference.value is None or difference.low is None or difference.high is None:
        return None
    value, low, high = (_scaled(x, difference.span) for x in (difference.value, difference.low, difference.high))
    widening = quantile(difference.freedom, 1 - (1 - LEVEL) / total) / quantile(difference.freedom)
    return bool(abs(value) > (high - low) / 2 * widening)


def _scaled(difference: float, span: tuple[float, float] | None) -> float:
    """Where it stands on the scale on which its interval is symmetric; 0 stays 0."""
    return float(logit((difference - span[0]) / (span[1] - span[0]))) if span else difference
