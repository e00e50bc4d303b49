"""Two functions timed in turn, so that what else the machine does falls on both."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Seconds:
    """Wall times of one side."""

    values: tuple[float, ...]

    def __str__(self) -> str:
        middle = median(self.values)
        unit, scale = ("s", 1.0) if middle >= 1 else ("ms", 1e3)
        numbers = (f"{value * scale:.3g}" for value in (middle, min(self.values), max(self.values)))
        return "{} {unit} ({} to {})".format(*numbers, unit=unit)


@dataclass(frozen=True)
class Pairs:
    """Wall times of both sides, pair by pair."""

    ours: Seconds
    against: Seconds

    @property
    def ratio(self) -> float:
        """Median of ours over against within a pair: a load that comes and goes hits both halves of most pairs."""
        return median(a / b for a, b in zip(self.ours.values, self.against.values, strict=True))


def interleaved(
    ours: Callable[[], Any], against: Callable[[], Any], budget: float = 2.0, least: int = 5, most: int = 60
) -> Pairs:
    """Time the two in turn after one call of each that does not count.

    Args:
        ours: first of each pair.
        against: second of each pair.
        budget: seconds after which no further pair is begun, once there are ``least``.
        least: fewest pairs.
        most: largest number of pairs.
    """
    ours(), against()
    pairs: list[tuple[float, float]] = []
    end = time.perf_counter() + budget
    while len(pairs) < least or (len(pairs) < most and time.perf_counter() < end):
        pairs.append((elapsed(ours), elapsed(against)))
    first, second = zip(*pairs, strict=True)
    return Pairs(Seconds(first), Seconds(second))


def elapsed(call: Callable[[], Any]) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
