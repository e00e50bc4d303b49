"""A study from its file to its table: plan, train what is not finished, compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mammo_monai import files
from mammo_monai.errors import MammoError
from mammo_monai.studies import page, table
from mammo_monai.studies.engines import Submit
from mammo_monai.studies.folder import FINISHED, Outcome, finished, prepare, read_json
from mammo_monai.studies.overlays import read_config
from mammo_monai.studies.parent import ParentRun
from mammo_monai.studies.plan import Job, plan
from mammo_monai.studies.result import compare, metrics
from mammo_monai.studies.schedule import Start, run


@dataclass(frozen=True)
class Data:
    """What a study is trained on: the root of the data set, and one datalist or several folds."""

    dataset_dir: Path
    datalists: Sequence[Path]


def run_study(
    file: Path,
    bundle: Path,
    out: Path,
    data: Data,
    options: Mapping[str, Any],
    tracking_uri: str,
    submit: Submit,
    workers: int = 1,
    say: Callable[[str], None] = print,
) -> list[Outcome]:
    """Train every row that is not finished, then write ``study.md``, ``study.csv`` and ``study.png`` into ``out``.

    Args:
        file: see :func:`.table.read`.
        bundle: folder of the bundle.
        out: folder of the study, ``out/ROW/LIST`` that of each training.
        data: what to train on.
        options: see :func:`.plan.plan`.
        tracking_uri: store of the parent run and its children.
        submit: starts a worker, see :mod:`.engines`.
        workers: how many at a time.
        say: told one line per training that ended.

    Returns:
        what failed.

    Raises:
        MammoError: another study works in ``out`` (``busy``), the study cannot be planned (see :func:`.plan.plan`), or
            ``out`` holds other rows of these names (``changed-row``).
    """
    study = table.read(file)
    jobs = plan(study, bundle, out, data.dataset_dir, data.datalists, options)
    with locked(out):
        done = [job for job in jobs if finished(job)]
        for job in done:
            say(f"{job.name}: was finished")
        with ParentRun(tracking_uri, str(read_config(bundle)["experiment_name"]), study.name, out, file) as parent:

            def start(job: Job) -> Future[Outcome]:
                name = job.row if [other.row for other in jobs].count(job.row) == 1 else job.name.replace("/", "-")
                child = parent.child(name, study=study.name, row=job.row, list=job.folder.name)
                return submit(prepare(job, bundle, parent.ids, child))

            failures = list(_failures([job for job in jobs if job not in done], workers, start, say))
            parent.failed = bool(failures)
            lines = compare(study, jobs, failures)
            parent.log(metrics(lines), page.write(out, study, lines))
    return failures


def _failures(jobs: Sequence[Job], workers: int, start: Start, say: Callable[[str], None]) -> Iterator[Outcome]:
    """Run the jobs, say how each ended, and pass on those that failed."""
    began = time.monotonic()
    with closing(run(jobs, workers, start)) as outcomes:
        for number, (job, outcome) in enumerate(outcomes, 1):
            minutes = (time.monotonic() - began) / 60
            say(f"[{number}/{len(jobs)}, {minutes:.0f} min] {job.name}: {outcome.message or _measured(job)}")
            if outcome.reason:
                yield outcome


def _measured(job: Job) -> str:
    found = (read_json(job.folder / FINISHED) or {}).get("measured", {})
    epochs = f"{found['epochs']} epochs " if "epochs" in found else ""
    return f"finished, {epochs}in {found.get('training_seconds')} s"


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """The folder of a study for one process alone.

    Raises:
        MammoError: another one has it (``busy``).
    """
    files.folder(out)
    lock = FileLock(out / "study.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise MammoError(
            f"{out}: another study is at work there; wait for it, or choose another --out", "busy"
        ) from None
    try:
        yield
    finally:
        lock.release()
