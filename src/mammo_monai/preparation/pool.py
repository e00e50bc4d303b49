"""Tasks through any ``concurrent.futures`` executor, with a bounded queue; a worker that dies costs one image."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait

from mammo_monai.errors import MammoError
from mammo_monai.executors import MakeExecutor
from mammo_monai.preparation.entry import Outcome, Task, prepare


def local(workers: int) -> Executor:
    """Processes of this machine, each with one thread for the libraries below, since images are many."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_one_thread)


def run(tasks: Iterable[Task], make_executor: MakeExecutor, workers: int) -> Iterator[Outcome]:
    """The outcome of every task, in the order they are done.

    When a worker dies it takes its pool along. The tasks that were under way are tried once more, each alone with
    one worker; the one that kills again is listed as failed.
    """
    waiting, suspects = iter(tasks), list[Task]()
    exhausted = False
    while not exhausted:
        under_way: dict[Future[Outcome], Task] = {}
        executor = make_executor(workers)
        try:
            while True:
                while len(under_way) < 4 * workers and (task := next(waiting, None)) is not None:
                    suspects.append(task)  # until the pool has taken it: a broken one raises here
                    future = executor.submit(prepare, task)
                    under_way[future] = suspects.pop()
                if not under_way:
                    exhausted = True
                    break
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    outcome = _outcome(future, under_way[future])
                    del under_way[future]
                    yield outcome
        except BrokenExecutor:
            suspects += under_way.values()
        finally:
            for future in under_way:
                future.cancel()
            executor.shutdown(wait=True)
    yield from (_alone(task, make_executor) for task in suspects)


def _outcome(future: Future[Outcome], task: Task) -> Outcome:
    """What the task gave; where the engine itself gave up (Dask after several dead workers), a failure."""
    try:
        return future.result()
    except (MammoError, BrokenExecutor):
        raise
    except Exception as error:
        return Outcome(task.image, reason="worker-died", message=f"{task.image}: {type(error).__name__}: {error}")


def _alone(task: Task, make_executor: MakeExecutor) -> Outcome:
    with make_executor(1) as executor:
        try:
            return executor.submit(prepare, task).result()
        except BrokenExecutor:
            message = f"{task.image}: the worker died twice on it (out of memory?); leave it out or use fewer workers"
            return Outcome(task.image, reason="worker-died", message=message)


def _one_thread() -> None:
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
