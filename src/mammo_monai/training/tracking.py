"""One training = one MLflow run, opened at the start, closed whatever happens.

MONAI's ``MLFlowHandler`` leaves runs open after a crash, lets evaluations merge into the next run and uploads
artifacts only at the end.
"""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import monai
import torch
from ignite.engine import Engine, Events

from mammo_monai import __version__
from mammo_monai.training.executed_config import executed_config
from mammo_monai.training.history import epoch_metrics
from mammo_monai.training.tracker import Tracker


class MLflowRun:
    """Ignite handler that gives a training its MLflow run. Under torchrun only rank 0 tracks.

    Args:
        tracking_uri, experiment_name, run_name: where and as what; an empty ``run_name`` becomes date and time.
        params: override ids and whatever else makes runs comparable.
        evaluator: the validation engine whose metrics are logged as ``val_*``.
        artifacts_at_start, artifacts_at_end: files; those that exist are uploaded.
        tags: of the run, such as ``mlflow.parentRunId``, under which MLflow's pages nest it.
    """

    def __init__(
        self,
        tracking_uri: str,
        experiment_name: str,
        run_name: str,
        params: Mapping[str, object],
        evaluator: Engine,
        artifacts_at_start: Sequence[str] = (),
        artifacts_at_end: Sequence[str] = (),
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = (tracking_uri, experiment_name)
        self.name = run_name or datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        self.params = {**params, **environment()}
        self.evaluator = evaluator
        self.first = [Path(p) for p in artifacts_at_start]
        self.last = [Path(p) for p in artifacts_at_end]
        self.tags = {name: str(text) for name, text in (tags or {}).items()}
        self.continues = ""
        self.tracker: Tracker | None = None

    @property
    def run_id(self) -> str:
        """Id of the open run, "" before the start and on ranks that do not track."""
        return self.tracker.run_id if self.tracker else ""

    def state_dict(self) -> dict[str, str]:
        """What a checkpoint keeps, so that a resumed training goes on in its own run."""
        return {"run_id": self.run_id}

    def load_state_dict(self, state: Mapping[str, str]) -> None:
        """Go on in the stored run, if the tracking store still knows it."""
        self.continues = state["run_id"]

    def attach(self, trainer: Engine) -> None:
        if trainer.state.rank == 0:
            trainer.add_event_handler(Events.STARTED, self._start)
            trainer.add_event_handler(Events.EPOCH_COMPLETED, self._log_epoch)
            trainer.add_event_handler(Events.COMPLETED, self._finish)
            trainer.add_event_handler(Events.EXCEPTION_RAISED, self._abort)

    def _start(self, trainer: Engine) -> None:
        tracker = Tracker(*self.settings)
        tracker.close_abandoned()
        if self.continues and tracker.knows(self.continues):
            tracker.reopen(self.continues)
        else:
            tracker.open(self.name)
        tracker.tag(self.tags)
        self.tracker = tracker
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _interrupt)  # a scheduler's kill closes the run as Ctrl-C does
        if tracker.run_id == self.continues:
            tracker.tag({"resumed_after_epoch": str(trainer.state.epoch)})
        else:
            tracker.log_params(self.params)
        tracker.log_json(executed_config(), "executed_config.json")
        tracker.log_files(self.first)

    def _log_epoch(self, trainer: Engine) -> None:
        if self.tracker:
            rate = trainer.optimizer.param_groups[0]["lr"]
            self.tracker.log_metrics(
                {**epoch_metrics(trainer, self.evaluator), "learning_rate": rate}, trainer.state.epoch
            )

    def _finish(self, trainer: Engine) -> None:
        if self.tracker:
            self.tracker.log_files(self.last)
            self.tracker.close("FINISHED")

    def _abort(self, trainer: Engine, error: BaseException) -> None:
        if self.tracker:
            self.tracker.tag({"error": str(error)[:500]})
            self.tracker.close("KILLED" if isinstance(error, KeyboardInterrupt | SystemExit) else "FAILED")
        raise error


def environment() -> dict[str, str]:
    """Versions and the commit of the code that runs, "unknown" outside of a git checkout."""
    return {
        "mammo_monai": __version__,
        "monai": monai.__version__,
        "torch": torch.__version__,
        "git_commit": _git_commit(),
    }


def _git_commit() -> str:
    try:
        answer = subprocess.run(  # noqa: S603
            ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return answer.stdout.strip()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
