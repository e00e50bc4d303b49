"""Answers that are worked out in the background, each once, and kept for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class ForgottenError(Exception):
    """Nobody has asked again while the question waited: the reader has gone on to another exam."""


class Recent(Generic[Key, Value]):
    """A function whose last answers are kept. Who asks while an answer is worked out waits for the same one.

    Args:
        executor: where it is worked out.
        function: of one argument.
        most: answers that are kept.
        patience: seconds after which a question that still waits is dropped, unless it is asked again.
    """

    def __init__(
        self, executor: Executor, function: Callable[[Key], Value], most: int, patience: float = float("inf")
    ) -> None:
        self._executor, self._function, self._most, self._patience = executor, function, most, patience
        self._kept: OrderedDict[Key, Future[Value]] = OrderedDict()
        self._asked: dict[Key, float] = {}
        self._lock = Lock()

    def __call__(self, key: Key) -> Future[Value]:
        """The answer, perhaps still to come. One that failed is worked out anew when it is asked for again."""
        with self._lock:
            self._asked[key] = time.monotonic()
            known = self._kept.get(key)
            if known is None or (known.done() and known.exception()):
                known = self._kept[key] = self._executor.submit(self._answer, key)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                del self._asked[self._kept.popitem(last=False)[0]]
            return known

    def _answer(self, key: Key) -> Value:
        if time.monotonic() - self._asked.get(key, float("-inf")) > self._patience:
            raise ForgottenError
        return self._function(key)
