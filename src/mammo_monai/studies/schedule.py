"""Trainings through any ``concurrent.futures`` executor, each after those it needs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path

from mammo_monai.studies.folder import STOP, Outcome
from mammo_monai.studies.plan import Job

Start = Callable[[Job], "Future[Outcome]"]


def run(jobs: Sequence[Job], workers: int, start: Start) -> Generator[tuple[Job, Outcome], None, None]:
    """The outcome of every job, in the order they end; one whose need has failed is not started.

    When the caller closes it or Ctrl-C comes, what is under way is asked to stop and waited for.

    Args:
        jobs: in an order in which each comes after those it needs; needs that are no job here are met.
        workers: how many at a time.
        start: hands a job to an executor.
    """
    waiting, under_way = list(jobs), dict[Future[Outcome], Job]()
    unmet = {job.folder for job in jobs}
    failed = dict[Path, str]()
    try:
        while waiting or under_way:
            for job in [job for job in waiting if failed.keys() & set(job.needs)]:
                waiting.remove(job)
                cause = next(failed[folder] for folder in job.needs if folder in failed)
                failed[job.folder] = job.name
                yield job, Outcome(job.folder, "not-started", f"not started, because {cause} failed")
            ready = [job for job in waiting if not unmet & set(job.needs)]
            for job in ready[: workers - len(under_way)]:
                waiting.remove(job)
                under_way[start(job)] = job
            for future in wait(under_way, return_when=FIRST_COMPLETED).done if under_way else ():
                job = under_way.pop(future)
                outcome = outcome_of(future, job)
                if outcome.reason:
                    failed[job.folder] = job.name
                else:
                    unmet.remove(job.folder)
                yield job, outcome
    finally:
        for future, job in under_way.items():
            (job.folder / STOP).touch()
            future.cancel()
        wait(under_way)


def outcome_of(future: Future[Outcome], job: Job) -> Outcome:
    """What the launcher gave; where the engine itself gave up (Dask after several dead workers), a failure."""
    try:
        return future.result()
    except Exception as error:
        return Outcome(job.folder, "worker-died", f"{type(error).__name__}: {error}".splitlines()[0])
