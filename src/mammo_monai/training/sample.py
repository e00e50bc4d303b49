"""A sample of a stream of unknown length, in bounded memory."""

from __future__ import annotations

import heapq
import random
from typing import Generic, TypeVar

T = TypeVar("T")


class Sample(Generic[T]):
    """Equally likely ``size`` of all that is offered: those whose random numbers are the highest.

    Args:
        size: how many are kept.
        seed: of the random numbers.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.seen = 0
        self._kept: list[tuple[float, int, T]] = []
        self._random = random.Random(seed)  # noqa: S311

    def __len__(self) -> int:
        return len(self._kept)

    def offer(self, one: T) -> None:
        """Keep it or not."""
        heapq.heappush(self._kept, (self._random.random(), self.seen, one))
        self.seen += 1
        if len(self._kept) > self.size:
            heapq.heappop(self._kept)

    def take(self, count: int) -> list[T]:
        """A sample of the sample, in the order of the stream."""
        return [one for _, _, one in sorted(heapq.nlargest(count, self._kept), key=lambda kept: kept[1])]
