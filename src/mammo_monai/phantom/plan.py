"""Which exam shows what: splits, categories and densities, decided before a pixel is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from mammo_monai.errors import MammoError

LATERALITIES = ("L", "R")
VIEWS = ("CC", "MLO")
PREVALENCE: Mapping[int, float] = MappingProxyType({1: 0.4, 2: 0.15, 3: 0.15, 4: 0.15, 5: 0.15})
_TEST_EVERY, _FIRST_TEST = 5, 2  # exams 2, 7, 12, ...: the test share of any number of exams rounds to 20 %
# Alternates negative, suspicious and benign, so that few breasts already hold all three.
_TIE_ORDER = (1, 4, 2, 5, 3)
_DENSITIES, _DENSITY_SHARES = ("A", "B", "C", "D"), (0.15, 0.35, 0.35, 0.15)


@dataclass(frozen=True, slots=True)
class Exam:
    """One four-view exam, which is also one patient.

    Attributes:
        seed: of the whole set.
        number: position in the set, from 0; nothing here depends on how many exams follow.
        split: "training" or "test".
        density: ACR category "A".."D", the same for both breasts.
        age: in years.
        birads: assessment 1..5 by laterality.
        off_edge: whether lesions in CC lie at the chest wall, half outside the image.
    """

    seed: int
    number: int
    split: str
    density: str
    age: int
    birads: Mapping[str, int]
    off_edge: bool

    def rng(self, *stream: int) -> np.random.Generator:
        """An independent random stream for one purpose of this exam."""
        return np.random.default_rng([self.seed, self.number, *stream])


def plan_exams(exams: int, seed: int, prevalence: Mapping[int, float] = PREVALENCE) -> list[Exam]:
    """Plan ``exams`` exams whose categories follow ``prevalence`` (of breasts) per split by quota, not luck.

    Raises:
        MammoError: fewer than one exam, a negative seed, or a prevalence that weighs other than BI-RADS 1..5.
    """
    if exams < 1 or seed < 0:
        raise MammoError(f"--exams {exams} --seed {seed}: expected at least 1 exam and a seed >= 0", "bad-option")
    total = sum(prevalence.values())
    if not set(prevalence) <= set(_TIE_ORDER) or min(prevalence.values(), default=0) < 0 or not 0 < total < np.inf:
        raise MammoError(
            f"prevalence {dict(prevalence)}: expected weights >= 0 for BI-RADS 1..5, not all of them 0",
            "bad-option",
        )
    quotas = {split: _Quota({c: prevalence.get(c, 0.0) / total for c in _TIE_ORDER}) for split in ("training", "test")}
    return [_plan(seed, number, quotas) for number in range(exams)]


def _plan(seed: int, number: int, quotas: Mapping[str, _Quota]) -> Exam:
    rng = np.random.default_rng([seed, number])
    split = "test" if number % _TEST_EVERY == _FIRST_TEST else "training"
    pair = [quotas[split].draw(), quotas[split].draw()]
    sides = rng.permutation(2)
    return Exam(
        seed=seed,
        number=number,
        split=split,
        density=str(rng.choice(_DENSITIES, p=_DENSITY_SHARES)),
        age=int(rng.integers(38, 78)),
        birads=MappingProxyType({side: pair[i] for side, i in zip(LATERALITIES, sides, strict=True)}),
        off_edge=number % 4 == 1,
    )


class _Quota:
    """Hands out the category that lags furthest behind its share."""

    def __init__(self, shares: Mapping[int, float]) -> None:
        self._shares, self._given = shares, dict.fromkeys(shares, 0)

    def draw(self) -> int:
        due = sum(self._given.values()) + 1
        category = max(self._shares, key=lambda c: self._shares[c] * due - self._given[c])
        self._given[category] += 1
        return category
