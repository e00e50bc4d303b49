"""Several evaluations of the same rows: differences from the first, and which of them are more than noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os.path import commonpath

import numpy as np
from scipy.special import logit
from scipy.stats import t as student

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.intervals import LEVEL
from mammo_monai.evaluation.metrics import estimates
from mammo_monai.evaluation.paired import differences
from mammo_monai.evaluation.scored import Scored

FIGURES = ("macro_auc", "accuracy")


@dataclass(frozen=True)
class Compared:
    """One run beside the first.

    Attributes:
        name: of the run.
        figures: its own.
        differences: its figures less those of the first run; {} of the first.
        beyond: whether a difference is more than noise, all differences of the comparison considered; None where
            there is no interval to tell.
    """

    name: str
    figures: Mapping[str, Estimate]
    differences: Mapping[str, Estimate] = field(default_factory=dict)
    beyond: Mapping[str, bool | None] = field(default_factory=dict)


def compare(runs: Mapping[str, Scored], figures: Sequence[str] = FIGURES) -> list[Compared]:
    """The first run, and every other beside it.

    Args:
        runs: predictions by name, two or more.
        figures: names of figures.

    Raises:
        MammoError: fewer than two runs, or what :func:`mammo_monai.evaluation.paired.differences` refuses.
    """
    if len(runs) < 2:
        raise MammoError("compare: expected two runs or more, named differently", "usage")
    (first, baseline), *others = runs.items()
    found = differences(baseline, dict(others), figures)
    patients = min(len(np.unique(run.patients)) for run in runs.values())
    total = comparisons(len(runs), len(figures))
    made = [Compared(first, estimates(baseline, figures))]
    for name, run in others:
        beyond = {figure: survives(estimate, total, patients) for figure, estimate in found[name].items()}
        made.append(Compared(name, estimates(run, figures), found[name], beyond))
    return made


def comparisons(runs: int, figures: int) -> int:
    """How many differences are taken."""
    return (runs - 1) * figures


def survives(difference: Estimate, total: int, patients: int) -> bool | None:
    """Whether an interval still leaves 0 out when it is one of many (Bonferroni): of level 1 - 0.05 / ``total``.

    The interval of one alone is widened by the ratio of the quantiles of Student's t, on the scale it was made on: the
    logit of what is possible, -1 to 1, for the bootstrap; the plain one for DeLong.

    Args:
        difference: with its 95 % interval.
        total: differences that are looked at together.
        patients: whose number less one are the degrees of freedom.

    Returns:
        None without an interval.
    """
    if difference.value is None or difference.low is None or difference.high is None or patients < 2:
        return None
    plain = "DeLong" in difference.method
    value, low, high = (x if plain else _logit(x) for x in (difference.value, difference.low, difference.high))
    widening = _quantile(1 - (1 - LEVEL) / total, patients - 1) / _quantile(LEVEL, patients - 1)
    return bool(abs(value) > (high - low) / 2 * widening)


def short_names(runs: Sequence[str]) -> list[str]:
    """Paths without what all begin with, and without the table's own name; an id as it is."""
    paths = [run.removesuffix("predictions.csv").rstrip("/") for run in runs]
    try:
        start = commonpath(paths)
    except ValueError:  # absolute ones among relative ones
        start = ""
    shown = [path.removeprefix(start).strip("/") for path in paths]
    return [name or path.rpartition("/")[2] for name, path in zip(shown, paths, strict=True)]


def _logit(difference: float) -> float:
    return float(logit((difference + 1) / 2)) if abs(difference) < 1 else math.copysign(math.inf, difference)


def _quantile(level: float, freedom: int) -> float:
    return float(student.ppf((1 + level) / 2, freedom))
