"""Failures a user can mend: one line that names the file, what was expected and what to do."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from types import TracebackType

logger = logging.getLogger(__name__)


class MammoError(Exception):
    """An expected failure whose text is complete by itself.

    Args:
        message: one line: which file or option, what was expected, what to do.
        reason: a stable kebab-case code that tables and programs can group by.
    """

    def __init__(self, message: str, reason: str = "error") -> None:
        super().__init__(message)
        self.reason = reason


def missing_extra(needed: str, extra: str) -> MammoError:
    """The error of a package that an extra of this one brings.

    Args:
        needed: what needs which package.
        extra: its name in ``pyproject.toml``.
    """
    return MammoError(f"{needed}; where mammo-monai was installed from: pip install '.[{extra}]'", "missing-extra")


_IN_TRACEBACK = re.compile(r"^mammo_monai\.errors\.MammoError: (.+)$", re.MULTILINE)


def cause(error: BaseException) -> MammoError | None:
    """The :class:`MammoError` behind ``error``, through any wrapping by MONAI, Ignite or a worker process.

    A PyTorch worker process hands over the text of a traceback only: its line is found there (the reason code is lost).
    """
    for link in _chain(error):
        in_worker = _IN_TRACEBACK.findall(str(link))
        if in_worker:
            return MammoError(in_worker[-1])
        if isinstance(link, MammoError):
            return link
    return None


def line(error: BaseException) -> str:
    """A failure as "reason: message", for rows and notes; one that nobody expected is logged with its traceback."""
    known = cause(error)
    if known is not None:
        return f"{known.reason}: {known}"
    if isinstance(error, OSError):
        return f"system: {error}"
    logger.error("unexpected failure", exc_info=error)
    return f"unexpected: {type(error).__name__}: {error}"


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
