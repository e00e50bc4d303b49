"""How well readers agree beyond chance: Cohen's kappa of each pair and Fleiss' kappa of them all, with intervals.

The 95 % intervals are those of every other figure (:func:`mammo_monai.evaluation.estimate.of_draws`): the bootstrap's
standard error over patients, since the images of a woman are not independent; over cases where patients are not known.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mammo_monai.evaluation.estimate import of_draws
from mammo_monai.evaluation.intervals.bootstrap import REPLICATES, draws
from mammo_monai.evaluation.kappa import of_many, of_two
from mammo_monai.evaluation.scored import FloatArray
from mammo_monai.readings.order import ORDER, squares
from mammo_monai.readings.rules import values
from mammo_monai.readings.table import Case, Readings

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
        reason: why value or interval is None.
    """

    kind: str
    readers: tuple[str, ...]
    cases: int
    readings: int
    agreement: float | None
    value: float | None
    low: float | None
    high: float | None
    reason: str = ""


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
    first, second = (_one_hot([two[side] for _, two in both], names) for side in (0, 1))
    distance = squares([order[name] for name in names]) if order else 1 - np.eye(len(names))
    return _kappa(kind, pair, both, lambda weights: of_two(weights, first, second, distance), seed)


def _fleiss(readers: tuple[str, ...], read: Sequence[_Read], seed: int) -> Kappa:
    sizes = Counter(len(values) for _, values in read)
    size = max(sizes, key=lambda n: (sizes[n], n))
    alike = [(who, values) for who, values in read if len(values) == size]
    names = sorted({value for _, values in alike for value in values})
    said = sum(_one_hot([values[place] for _, values in alike], names) for place in range(size))
    return _kappa("fleiss", readers, alike, lambda weights: of_many(weights, np.asarray(said)), seed)


def _one_hot(values: Sequence[str], names: Sequence[str]) -> FloatArray:
    """(N, L) of N values, each one of L names."""
    return (np.array(values, np.str_)[:, None] == np.array(names, np.str_)).astype(np.float64)


def _kappa(
    kind: str,
    readers: tuple[str, ...],
    cases: Sequence[_Read],
    statistic: Callable[[FloatArray], FloatArray],
    seed: int,
) -> Kappa:
    """A kappa that is a function of how often each case counts."""
    if not cases:
        return Kappa(kind, readers, 0, 2, None, None, None, None, "needs cases of both")
    number = {who: i for i, who in enumerate(dict.fromkeys(who for who, _ in cases))}
    patients = np.array([number[who] for who, _ in cases]).astype(np.str_)
    value = float(statistic(np.ones((1, len(cases))))[0])
    drawn = np.concatenate([statistic(weights) for weights in draws(patients, REPLICATES, seed)])
    words = f"bootstrap, {REPLICATES} draws of {len(number)}"
    found = of_draws(value, drawn, len(number), words, len(cases), "two labels", (-1.0, 1.0))
    agreed = sum(len(set(said)) == 1 for _, said in cases) / len(cases)
    return Kappa(kind, readers, len(cases), len(cases[0][1]), agreed, found.value, found.low, found.high, found.reason)
