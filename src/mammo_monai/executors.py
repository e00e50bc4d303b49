"""Where tasks run: what makes a ``concurrent.futures`` executor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from mammo_monai.errors import MammoError, missing_extra

MakeExecutor = Callable[[int], Executor]


@contextmanager
def dask(scheduler: str) -> Iterator[MakeExecutor]:
    """Makes executors of the Dask cluster at ``scheduler`` (extra ``dask``); a dead worker's task is tried elsewhere.

    Raises:
        MammoError: Dask is not installed, or nobody answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise missing_extra("--scheduler needs Dask", "dask") from None
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise MammoError(f"--scheduler {scheduler}: no Dask scheduler answers ({error})", "no-scheduler") from None
    with client:
        yield lambda workers: client.get_executor(pure=False)
