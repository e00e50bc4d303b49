"""How long a step takes that several threads call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class Timed:
    """A function of one argument that notes how long each call took; also a transform among others."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function
        self.calls: list[float] = []

    def __call__(self, argument: Any) -> Any:
        start = time.perf_counter()
        try:
            return self.function(argument)
        finally:
            self.calls.append(time.perf_counter() - start)

    def share_of(self, whole: Timed) -> float:
        """The part of the time of ``whole``, which calls this one, that was spent here, 0 to 1."""
        return sum(self.calls) / sum(whole.calls)
