"""Sensitivity and specificity of readers, committees and the model, and their differences.

A reader is predictions of 0 and 1, so that every figure is that of :mod:`mammo_monai.evaluation.figures`. The averages
are the plain means over the classes of the Hanoi study (its Table 5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mammo_monai.evaluation import figures, metrics
from mammo_monai.evaluation.estimate import Estimate, of_draws
from mammo_monai.evaluation.intervals.bootstrap import REPLICATES, draws, method
from mammo_monai.evaluation.scored import FloatArray, IntArray, Scored
from mammo_monai.reader_study.committees import NOTHING

KINDS = ("sensitivity", "specificity")
AVERAGED = "averaged_"
"""What the names of means over the classes begin with."""
Values = Mapping[str, FloatArray]


@dataclass(frozen=True)
class Rater:
    """A reader, a committee or the model.

    Attributes:
        name: who.
        kind: "reader", "committee" or "model".
        calls: (N,) the class of each case, :data:`~mammo_monai.reader_study.committees.NOTHING` where there is none.
    """

    name: str
    kind: str
    calls: IntArray

    @property
    def called(self) -> IntArray:
        """Indices of the cases with a class."""
        return np.flatnonzero(self.calls != NOTHING)

    def scored(self, cases: Scored, rows: IntArray) -> Scored:
        """These cases, with 1 for the class called and 0 for the others."""
        return replace(cases.take(rows), probabilities=np.eye(len(cases.class_names))[self.calls[rows]])


@dataclass(frozen=True)
class Result:
    """What is printed of a rater, or of the mean of several.

    Attributes:
        name: who.
        kind: that of the rater, or "mean".
        figures: by name, see :func:`names`.
    """

    name: str
    kind: str
    figures: Mapping[str, Estimate]


def names(class_names: Sequence[str]) -> list[str]:
    """The figures, in the order of a report."""
    each = [[*(f"{kind}_{name}" for name in class_names), AVERAGED + kind] for kind in KINDS]
    return [*each[0], *each[1], "accuracy"]


def estimates(
    raters: Sequence[Rater], cases: Scored, replicates: int = REPLICATES, seed: int = 0
) -> dict[str, Estimate]:
    """Figures of one rater, or the mean of several.

    Args:
        raters: each counts on the cases with a class of its own.
        cases: N cases with their truth and patients.
        replicates: of the bootstrap, which draws the same patients for all raters.
        seed: of the bootstrap.
    """
    tables = [(rater.called, rater.scored(cases, rater.called)) for rater in raters]

    def mean(weights: FloatArray) -> Values:
        return _mean([_values(table, weights[:, rows]) for rows, table in tables])

    found = _estimates(mean, cases, _union([rows for rows, _ in tables]), replicates, seed)
    if len(tables) > 1:
        return found
    proportions = metrics.estimates(tables[0][1], [name for name in found if not name.startswith(AVERAGED)])
    return {name: proportions.get(name, estimate) for name, estimate in found.items()}


def differences(
    model: Rater, others: Sequence[Rater], cases: Scored, replicates: int = REPLICATES, seed: int = 0
) -> dict[str, Estimate]:
    """The model's figures less those of another rater, or less the mean of several.

    Args:
        model: the one rater.
        others: each is compared on the cases with a class of both.
        cases: N cases with their truth and patients.
        replicates: of the bootstrap, which draws the same patients for all raters.
        seed: of the bootstrap.
    """
    common = [np.intersect1d(model.called, other.called) for other in others]
    tables = [
        (rows, model.scored(cases, rows), other.scored(cases, rows)) for rows, other in zip(common, others, strict=True)
    ]

    def mean(weights: FloatArray) -> Values:
        pairs = [(_values(own, weights[:, rows]), _values(other, weights[:, rows])) for rows, own, other in tables]
        return _mean([{name: own[name] - other[name] for name in own} for own, other in pairs])

    return _estimates(mean, cases, _union(common), replicates, seed, paired=True)


def _values(scored: Scored, weights: FloatArray) -> dict[str, FloatArray]:
    """(B,) replicates of every figure."""
    wanted = names(scored.class_names)
    found = figures.values(scored, weights, [name for name in wanted if not name.startswith(AVERAGED)])
    averages = {
        AVERAGED + kind: np.mean([found[f"{kind}_{name}"] for name in scored.class_names], axis=0) for kind in KINDS
    }
    return {name: {**found, **averages}[name] for name in wanted}


def _mean(of: Sequence[Values]) -> Values:
    return {name: np.mean([values[name] for values in of], axis=0) for name in of[0]}


def _union(rows: Sequence[IntArray]) -> IntArray:
    return np.unique(np.concatenate(rows))


def _estimates(
    statistic: Callable[[FloatArray], Values],
    cases: Scored,
    rows: IntArray,
    replicates: int,
    seed: int,
    paired: bool = False,
) -> dict[str, Estimate]:
    """Figures whose interval is that of the bootstrap.

    Args:
        statistic: figures of (B, N) weights.
        cases: N cases.
        rows: the cases that any of the raters is judged on.
        replicates: of the bootstrap.
        seed: of the bootstrap.
        paired: whether they are differences.
    """
    judged, patients = figures.describe(cases.take(rows)), len(np.unique(cases.patients[rows]))
    points = statistic(np.ones((1, len(cases))))
    blocks = [statistic(weights) for weights in draws(cases.patients, replicates, seed)]
    words, span = method(cases, replicates), (0.0, 1.0)
    if paired:
        words, span = f"paired {words}", (-1.0, 1.0)
    found = {}
    for name, point in points.items():
        known = judged.get(name)
        n, needs = (known.n, known.needs) if known else (len(rows), "cases of every class")
        drawn = np.concatenate([block[name] for block in blocks])
        found[name] = of_draws(float(point[0]), drawn, patients, words, n, needs, span)
    return found
