"""Figures of a table of predictions, one family per file of this folder.

A family has two functions, ``describe(scored) -> {name: Figure}`` and ``values(scored, weights) -> {name: (B,)}``.
Replicate b counts row i ``weights[b, i]`` times: the figures themselves are those of the row of ones, and a bootstrap
needs no loop over its replicates. What is undefined is NaN. A new family is a new file.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np

from mammo_monai import listing
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.intervals import Interval
from mammo_monai.evaluation.scored import FloatArray, Scored

PER_CLASS = {"auc": "AUC", "sensitivity": "sensitivity", "specificity": "specificity", "precision": "precision"}
"""Figures of each class that tables of classes show, with their titles."""
INTERVALS = (
    "95 % intervals over patients: areas under the ROC curve by DeLong's variance (macAUC: the bootstrap's) moderated "
    "by Hanley and McNeil's, proportions by Wilson, the rest by the bootstrap's standard error on the logit scale; "
    "the calibration error has none."
)
"""How they are made, as reports say it; the ``method`` of each says it with its numbers."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is known of a figure besides its value.

    Attributes:
        needs: what there has to be for it to be defined.
        n: rows it is a figure of.
        interval: its interval by a formula; None where only the bootstrap has one.
        span: lowest and highest possible value.
        ends: the interval of value and standard error of the bootstrap; None where it is that of any figure,
            :func:`mammo_monai.evaluation.intervals.around`.
        biased: what to say in place of an interval, of a figure whose value few rows shift; None where they do not.
    """

    needs: str
    n: int
    interval: Callable[[], Interval] | None = None
    span: tuple[float, float] = (0.0, 1.0)
    ends: Callable[[float, float], Interval] | None = None
    biased: Callable[[], str] | None = None

    @property
    def bootstrapped(self) -> bool:
        """Whether its interval is made of replicates."""
        return self.interval is None and self.biased is None


def describe(scored: Scored) -> dict[str, Figure]:
    """Every figure that these classes have."""
    return {name: figure for family in families() for name, figure in family.describe(scored).items()}


def function(scored: Scored, names: Collection[str] | None = None) -> Callable[[FloatArray], dict[str, FloatArray]]:
    """The figures of these rows as a function of their weights.

    Args:
        scored: N rows.
        names: of the figures wanted; all by default.

    Returns:
        From (B, N) times that each replicate counts each row to (B,) by name, NaN where undefined.

    Raises:
        MammoError: there is no such figure.
    """
    described = {family: family.describe(scored).keys() for family in families()}
    known = [name for names_there in described.values() for name in names_there]
    wanted = list(known if names is None else names)
    if unknown := set(wanted) - set(known):
        raise MammoError(
            f"figure {', '.join(sorted(unknown))}: expected one of {', '.join(known)}", reason="unknown-figure"
        )
    needed = [family for family, names_there in described.items() if not names_there.isdisjoint(wanted)]

    def values(weights: FloatArray) -> dict[str, FloatArray]:
        found = {name: value for family in needed for name, value in family.values(scored, weights).items()}
        return {name: found[name] for name in wanted}

    return values


def values(scored: Scored, weights: FloatArray, names: Collection[str] | None = None) -> dict[str, FloatArray]:
    """What :func:`function` gives of one set of (B, N) weights."""
    return function(scored, names)(weights)


def point(scored: Scored, names: Collection[str] | None = None) -> dict[str, float]:
    """The figures of the rows as they are, NaN where undefined."""
    ones = np.ones((1, len(scored)))
    return {name: float(value[0]) for name, value in values(scored, ones, names).items()}


@cache
def families() -> tuple[ModuleType, ...]:
    """The modules of this folder whose name has no leading underscore, by name."""
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in listing.names(__name__))


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Quotient, NaN where the divisor is 0."""
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole != 0)


def by_class(prefix: str, class_names: Iterable[str], columns: FloatArray) -> Mapping[str, FloatArray]:
    """``{"auc_<class>": (B,)}`` of (B, C)."""
    return {f"{prefix}_{name}": column for name, column in zip(class_names, columns.T, strict=True)}
