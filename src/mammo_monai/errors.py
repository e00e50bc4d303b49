"""Failures a user can mend: one line that names the file, what was expected and what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import TracebackType


class MammoError(Exception):
    """An expected failure whose text is complete by itself.

    Args:
        message: one line: which file or option, what was expected, what to do.
        reason: a stable kebab-case code that tables and programs can group by.
    """

    def __init__(self, message: str, reason: str = "error") -> None:
        super().__init__(message)
        self.reason = reason


def cause(error: BaseException) -> MammoError | None:
    """The :class:`MammoError` behind ``error``, through any wrapping by MONAI, Ignite or a worker process."""
    return next((e for e in _chain(error) if isinstance(e, MammoError)), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def one_line_errors() -> None:
    """Let an uncaught :class:`MammoError` end the process with its one line and exit code 1, not a traceback.

    Called by the first expression of every bundle; any other exception keeps its traceback.
    """

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        known = cause(error)
        if known is None:
            sys.__excepthook__(kind, error, trace)
        else:
            print(f"error: {known}", file=sys.stderr)

    sys.excepthook = report
