"""A search over ranges: every trial is a row that Optuna makes, judged on the validation part alone."""

from __future__ import annotations

import csv
import json
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_monai.errors import MammoError
from mammo_monai.studies import search as searches
from mammo_monai.studies import search_results
from mammo_monai.studies.engines import Submit
from mammo_monai.studies.folder import STOP, Outcome, finished, prepare
from mammo_monai.studies.overlays import checked, read_config
from mammo_monai.studies.parent import ParentRun
from mammo_monai.studies.plan import Job, plan
from mammo_monai.studies.ranges import Ranges, suggest
from mammo_monai.studies.schedule import outcome_of
from mammo_monai.studies.study import Data, locked
from mammo_monai.studies.table import Row, Study

if TYPE_CHECKING:
    import optuna

METRIC = "macro_auc"
"""Of the validation part: what checkpoints are chosen by, too."""


@dataclass
class _Running:
    trial: optuna.Trial
    job: Job
    future: Future[Outcome]
    reported: int = 0
    pruned: bool = False


class Tuning:
    """Runs trials until there are as many as asked for, those of earlier calls and other machines counted.

    Args:
        bundle: folder of the bundle.
        ranges: see :mod:`.ranges`.
        out: folder of this machine's trials.
        data: one datalist, whose test section is not touched.
        options: ids set anew in every trial.
        name: of the search, shared by machines.
        storage: Optuna's, see :func:`.search.open_search`.
        tracking_uri: store of the parent run and its children.
        submit: starts a worker, see :mod:`.engines`.
        say: told one line per trial.
        poll_seconds: between two looks at what the trials have reached.

    Raises:
        MammoError: an unknown id, more than one datalist, or see :func:`.plan.plan` and :mod:`.search`.
    """

    def __init__(
        self,
        bundle: Path,
        ranges: Ranges,
        out: Path,
        data: Data,
        options: Mapping[str, Any],
        name: str,
        storage: str,
        tracking_uri: str,
        submit: Submit,
        say: Callable[[str], None] = print,
        poll_seconds: float = 1.0,
    ) -> None:
        if len(data.datalists) != 1:
            raise MammoError("tune takes one datalist: what is searched for is judged on its validation", "usage")
        self.bundle, self.out, self.data, self.options = bundle, out.absolute(), data, options
        self.ranges = checked(ranges, read_config(bundle), "ranges")
        self.name, self.storage, self.tracking_uri = name, storage, tracking_uri
        self.submit, self.say, self.poll_seconds = submit, say, poll_seconds

    def run(self, trials: int, source: Path, workers: int = 1, seed: int = 0, warmup: int = 5) -> dict[str, Any] | None:
        """Bring the search to ``trials`` trials; write ``best.json`` (a preset) and ``trials.csv`` into the folder.

        Args:
            trials: in all.
            source: file of the ranges, kept in the parent run.
            workers: trials at a time.
            seed: of the sampler.
            warmup: epochs before a trial may be pruned.

        Returns:
            the overlay of the best trial; None where none was completed.
        """
        trial = self._job({}, "trial")
        with locked(self.out):
            search = searches.open_search(self.name, self.storage, self.ranges, trial.identity, seed, warmup)
            if taken_up := searches.take_up_interrupted(search, self.out):
                self.say(f"taking up {taken_up} interrupted trial(s)")
            experiment = str(read_config(self.bundle)["experiment_name"])
            known = search.user_attrs.get("run_id", "")
            with ParentRun(self.tracking_uri, experiment, self.name, self.out, source, known) as parent:
                search.set_user_attr("run_id", parent.run_id)
                self._loop(search, parent, trials, workers)
                best = search_results.write(search, self.out, f"val_{METRIC}")
                score = {} if best is None else {f"best_val_{METRIC}": search.best_value}
                parent.log(score, [self.out / name for name in (search_results.BEST, search_results.TRIALS)])
        return best

    def _loop(self, search: optuna.Study, parent: ParentRun, trials: int, workers: int) -> None:
        running: list[_Running] = []
        try:
            while True:
                ended = len(searches.counted(search))
                while len(running) < workers and ended + len(running) < trials:
                    running.append(self._start(search, parent))
                if not running:
                    return
                time.sleep(self.poll_seconds)
                for one in list(running):
                    over = one.future.done()
                    self._watch(one)
                    if over:
                        running.remove(one)
                        self._end(search, one)
        finally:
            for one in running:  # they stay unfinished in the search, and are taken up by the next call
                (one.job.folder / STOP).touch()
            wait(one.future for one in running)

    def _job(self, overlay: Mapping[str, Any], name: str) -> Job:
        study = Study(self.name, "", name, {}, (Row(name, overlay=overlay),))
        (job,) = plan(study, self.bundle, self.out, self.data.dataset_dir, self.data.datalists, self.options)
        return replace(job, tested=False)

    def _start(self, search: optuna.Study, parent: ParentRun) -> _Running:
        trial = search.ask()
        overlay = suggest(trial, self.ranges)
        folder = Path(trial.user_attrs.get(searches.FOLDER, ""))
        if folder.parent != self.out:  # not one that is taken up again
            folder = self.out / f"trial-{trial.number:04}"
        trial.set_user_attr(searches.FOLDER, str(folder))
        trial.set_user_attr(searches.HOST, socket.gethostname())
        trial.set_user_attr(searches.OVERLAY, overlay)
        job = self._job(overlay, folder.name)
        if finished(job):  # it ended while nobody looked
            future = Future[Outcome]()
            future.set_result(Outcome(job.folder))
            return _Running(trial, job, future)
        child = parent.child(job.row, study=self.name, row=job.row)
        return _Running(trial, job, self.submit(prepare(job, self.bundle, parent.ids, child)))

    def _watch(self, one: _Running) -> None:
        """Report new epochs to Optuna; a trial that is behind the median of the others is stopped."""
        fresh = [(epoch, score) for epoch, score in _scores(one.job.folder) if epoch > one.reported]
        for epoch, score in fresh:
            one.trial.report(score, epoch)
            one.reported = epoch
        if fresh and not one.pruned and not one.future.done() and one.trial.should_prune():
            one.pruned = True
            (one.job.folder / STOP).touch()

    def _end(self, search: optuna.Study, one: _Running) -> None:
        from optuna.trial import TrialState

        outcome = outcome_of(one.future, one.job)
        settings = ", ".join(
            f"{key} {json.dumps(value)}" for key, value in one.trial.user_attrs[searches.OVERLAY].items()
        )
        best = max((score for _, score in _scores(one.job.folder)), default=None)
        if one.pruned and outcome.reason == "interrupted":
            search.tell(one.trial, state=TrialState.PRUNED)
            said = f"pruned after epoch {one.reported}, val_{METRIC} {best:.4f}"
        elif outcome.reason or best is None:
            line = outcome.message or f"no epoch has a val_{METRIC}"
            one.trial.set_user_attr(searches.ERROR, line)
            search.tell(one.trial, state=TrialState.FAIL)
            said = f"failed: {line}"
        else:
            search.tell(one.trial, best)
            said = f"val_{METRIC} {best:.4f}"
        self.say(f"{one.job.row}: {said} ({settings})")


def _scores(folder: Path) -> list[tuple[int, float]]:
    """Epoch and validation metric of every epoch so far that has one."""
    try:
        with (folder / "history.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    return [(int(row["epoch"]), float(row[f"val_{METRIC}"])) for row in rows if row.get(f"val_{METRIC}")]
