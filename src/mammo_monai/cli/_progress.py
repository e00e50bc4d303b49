"""How far a command has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def bar(what: str, unit: str = "image") -> Callable[[Iterable[Any], int], Iterable[Any]]:
    """Function of work and its number of steps that shows a bar while it hands the work on; none in a file or pipe."""

    def shown(work: Iterable[Any], total: int) -> Iterable[Any]:
        from tqdm import tqdm

        return tqdm(work, what, total, unit=unit, disable=None)

    return shown
