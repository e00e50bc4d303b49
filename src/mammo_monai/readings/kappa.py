"""How well readers agree beyond chance: Cohen's kappa of each pair and Fleiss' kappa of them all, with intervals.

Cohen, Educ Psychol Meas 20 (1960) 37; weighted: Psychol Bull 70 (1968) 213; Fleiss, Psychol Bull 76 (1971) 378. The
95 % intervals are percentiles of a bootstrap over patients, since the images of a woman are not independent; over
cases where patients are not known.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from mammo_monai.readings.rules import values
from mammo_monai.readings.table import Case, Readings

REPLICATES = 2000
ORDER: Mapping[str, Mapping[str, int]] = {
    "birads": {"1": 1, "2": 2, "3": 3, "4": 4, "4A": 4, "4B": 4, "4C": 4, "5": 5},
    "density": {"A": 1, "B": 2, "C": 3, "D": 4},
}
"""Places of ordered labels. BI-RADS 0 (incomplete) and 6 (proven) have none: weighted kappa goes without them."""
_Counts = NDArray[np.float64]
_Read = tuple[tuple[str, ...], tuple[str, ...]]
"""A patient and the values of one of her cases."""


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement of some readers on one label. What is undefined is None, never 0.

    Attributes:
        kind: "cohen", "cohen-quadratic" or "fleiss".
        readers: the pair; for Fleiss all whose readings count.
        cases: read by both; for Fleiss those with the commonest number of readings.
        readings: per case: 2, or that commonest number.
        agreement: share of the cases on which all of them agree.
        value: kappa; None where chance alone would agree always (one label only).
        low: lower end of the 95 % interval.
        high: upper end.
    """

    kind: str
    readers: tuple[str, ...]
    cases: int
    readings: int
    agreement: float | None
    value: float | None
    low: float | None
    high: float | None


def kappas(readings: Readings, label: str, arbiter: str = "", *, seed: int = 0) -> list[Kappa]:
    """Every kappa of one label; an arbiter, who saw the other readings, is left out.

    Args:
        readings: of two or more readers.
        label: one of ``readings.labels``.
        arbiter: reader to leave out.
        seed: of the bootstrap.
    """
    said = [
        {reader: value for reader, value in values(case.readings[label]).items() if reader != arbiter}
        for case in readings.cases
    ]
    patients = [_patient(case, str(i)) for i, case in enumerate(readings.cases)]
    found: list[Kappa] = []
    for pair in itertools.combinations([reader for reader in readings.readers if reader != arbiter], 2):
        both = [(who, (s[pair[0]], s[pair[1]])) for who, s in zip(patients, said, strict=True) if s.keys() >= set(pair)]
        if both:
            found.append(_cohen("cohen", pair, both, {}, seed))
            if order := ORDER.get(label):
                ordered = [(who, two) for who, two in both if two[0] in order and two[1] in order]
                found.append(_cohen("cohen-quadratic", pair, ordered, order, seed))
    read = [(who, tuple(sorted(s.values()))) for who, s in zip(patients, said, strict=True) if len(s) > 1]
    if read:
        everyone = tuple(sorted({reader for s in said if len(s) > 1 for reader in s}))
        found.append(_fleiss(everyone, read, seed))
    return found


def _patient(case: Case, otherwise: str) -> tuple[str, ...]:
    """Whose case it is; patient identifiers belong to a data set."""
    patient = case.identity.get("patient")
    return (otherwise,) if patient is None else (case.identity.get("dataset", ""), patient)


def clustered(readings: Readings) -> bool:
    """Whether the intervals are over patients (else over cases)."""
    return all("patient" in case.identity for case in readings.cases)


def _cohen(kind: str, pair: tuple[str, ...], both: Sequence[_Read], order: Mapping[str, int], seed: int) -> Kappa:
    names = sorted({value for _, two in both for value in two})
    cells = list(itertools.product(names, repeat=2))
    place = np.array([order.get(name, 0) for name in names])
    weights = np.subtract.outer(place, place) ** 2 if order else None

    def statistic(counts: _Counts) -> float:
        return float(cohens_kappa(counts.reshape(len(names), -1), weights=weights, return_results=False))

    return _kappa(kind, pair, both, cells, statistic, seed)


def _fleiss(readers: tuple[str, ...], read: Sequence[_Read], seed: int) -> Kappa:
    sizes = Counter(len(values) for _, values in read)
    size = max(sizes, key=lambda n: (sizes[n], n))
    alike = [(who, values) for who, values in read if len(values) == size]
    names = sorted({value for _, values in alike for value in values})
    cells = sorted({values for _, values in alike})
    table = np.array([[values.count(name) for name in names] for values in cells])

    def statistic(counts: _Counts) -> float:
        return float(fleiss_kappa(np.repeat(table, counts.astype(int), axis=0)))

    return _kappa("fleiss", readers, alike, cells, statistic, seed)


def _kappa(
    kind: str,
    readers: tuple[str, ...],
    cases: Sequence[_Read],
    cells: Sequence[tuple[str, ...]],
    statistic: Callable[[_Counts], float],
    seed: int,
) -> Kappa:
    """A kappa that depends on nothing but how often each cell (combination of values) occurs."""
    if not cases:
        return Kappa(kind, readers, 0, 2, None, None, None, None)
    patients = {who: i for i, who in enumerate(dict.fromkeys(who for who, _ in cases))}
    column = {cell: i for i, cell in enumerate(cells)}
    counts = np.zeros((len(patients), len(cells)))
    for who, said in cases:
        counts[patients[who], column[said]] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        value = statistic(counts.sum(0))
        low, high = _interval(counts, statistic, seed)
    agreed = sum(len(set(said)) == 1 for _, said in cases) / len(cases)
    return Kappa(kind, readers, len(cases), len(cases[0][1]), agreed, *map(_defined, (value, low, high)))


def _interval(counts: _Counts, statistic: Callable[[_Counts], float], seed: int) -> Any:
    """2.5th and 97.5th percentile over draws of as many patients (rows of ``counts``), with replacement.

    Draws without a kappa (one label only) are left out; NaN without enough patients or draws.
    """
    rng, n = np.random.default_rng(seed), len(counts)
    picks = (np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(REPLICATES if n > 1 else 0))
    drawn = np.array([statistic(pick @ counts) for pick in picks])
    drawn = drawn[np.isfinite(drawn)]
    return np.percentile(drawn, [2.5, 97.5]) if drawn.size else (math.nan, math.nan)


def _defined(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
