"""The MLflow run of a whole study, under which its trainings are nested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from mammo_monai.studies.folder import read_json, write_json
from mammo_monai.studies.signals import terminate_as_ctrl_c
from mammo_monai.training.tracker import Tracker

STATE = "parent.json"


class ParentRun:
    """A run that is open while its study runs, and gone on in when the study is started again.

    Its end is FINISHED, FAILED when :attr:`failed` was set or anything was raised, KILLED after Ctrl-C.

    Args:
        tracking_uri, experiment_name: where; the trainings' too.
        name: of the run.
        out: folder of the study, where the run's id is kept.
        source: the file that says what is run, uploaded.
        known: id of the run to go on in, where another machine has opened it.
    """

    def __init__(
        self, tracking_uri: str, experiment_name: str, name: str, out: Path, source: Path, known: str = ""
    ) -> None:
        self.ids = {"tracking_uri": tracking_uri, "experiment_name": experiment_name}
        self.tracker = Tracker(tracking_uri, experiment_name)
        self.name = name
        self.out = out
        self.source = source
        self.known = known or str((read_json(out / STATE) or {}).get("run_id", ""))
        self.failed = False

    @property
    def run_id(self) -> str:
        """What a child's tag ``mlflow.parentRunId`` holds."""
        return self.tracker.run_id

    def __enter__(self) -> ParentRun:
        terminate_as_ctrl_c()
        self.tracker.close_abandoned()
        if self.known and self.tracker.knows(self.known):
            self.tracker.reopen(self.known)
        else:
            self.tracker.open(self.name)
        write_json(self.out / STATE, {"name": self.name, "run_id": self.run_id, **self.ids})
        self.tracker.log_files([self.source])
        return self

    def child(self, name: str, **tags: str) -> dict[str, object]:
        """The ids that make a training's run a child of this one."""
        return {"run_name": name, "run_tags": {"mlflow.parentRunId": self.run_id, **tags}}

    def log(self, metrics: Mapping[str, float], files: Iterable[Path]) -> None:
        """Log what came out of the study."""
        self.tracker.log_metrics(metrics, 0)
        self.tracker.log_files(list(files))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        interrupted = isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)
        self.tracker.close("KILLED" if interrupted else "FAILED" if error or self.failed else "FINISHED")
