"""A run in an MLflow store, written through ``MlflowClient`` alone: no fluent global state leaks from run to run."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from mammo_monai.errors import MammoError

logger = logging.getLogger(__name__)
STORE_TROUBLE = (MlflowException, SQLAlchemyError, OSError)
REFUSALS = ("INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS")
PARAM_LIMIT = 6000  # characters a tracking server accepts in one parameter


def default_tracking_uri(folder: str) -> str:
    """``MLFLOW_TRACKING_URI`` if set, else a SQLite file ``mlflow.db`` in ``folder``."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path(folder).resolve() / 'mlflow.db'}"


class Tracker:
    """An open run: parameters, metrics and artifacts go through here, and trouble after the start is one warning.

    Args:
        tracking_uri: SQLite or server address.
        experiment_name: created when missing; its artifacts lie beside a SQLite file, or where the server keeps them.
    """

    def __init__(self, tracking_uri: str, experiment_name: str) -> None:
        expect_answer(tracking_uri)
        self.uri = tracking_uri
        try:
            with _only_opener(tracking_uri):
                self.client = MlflowClient(tracking_uri=tracking_uri)
                self.experiment_id = self._experiment(experiment_name)
        except STORE_TROUBLE as error:
            raise MammoError(
                f"{without_credentials(tracking_uri)}: cannot be opened ({_first_line(error)}); check --tracking_uri",
                reason="tracking",
            ) from error
        self.run_id = ""
        self._waiting: list[Callable[[], object]] = []

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found:
            return str(found.experiment_id)
        location = None
        if self.uri.startswith("sqlite:///"):
            location = (Path(self.uri.removeprefix("sqlite:///")).parent / "mlartifacts").resolve().as_uri()
        try:
            return str(self.client.create_experiment(name, artifact_location=location))
        except MlflowException:  # another run made it between the question and the creation
            found = self.client.get_experiment_by_name(name)
            if found is None:
                raise
            return str(found.experiment_id)

    def open(self, name: str) -> None:
        """Start a run named ``name``, or ``name-2``, ``name-3``, ... when that is taken."""
        with _only_opener(self.uri):
            taken = {run.info.run_name for run in self._runs(f"attributes.run_name LIKE '{_quoted(name)}%'")}
            unique = next(n for n in (name, *(f"{name}-{i}" for i in range(2, len(taken) + 3))) if n not in taken)
            tags = {**_process(), "mlflow.source.name": Path(sys.argv[0]).name}
            self.run_id = str(self.client.create_run(self.experiment_id, run_name=unique, tags=tags).info.run_id)

    def knows(self, run_id: str) -> bool:
        """Whether this store has the run."""
        try:
            self.client.get_run(run_id)
        except MlflowException:
            return False
        return True

    def reopen(self, run_id: str) -> None:
        """Continue a training's own run in this process."""
        self.run_id = run_id
        self.send(partial(self.client.update_run, run_id, status="RUNNING"))
        self.tag(_process())

    def close_abandoned(self) -> None:
        """Close runs of this host whose process is gone (kill -9, power cut) as KILLED."""
        for run in self._runs("attributes.status = 'RUNNING'"):
            tags = run.data.tags
            if tags.get("host") == socket.gethostname() and not _alive(int(tags.get("pid", "0") or 0)):
                self.client.set_terminated(run.info.run_id, "KILLED")

    def _runs(self, condition: str) -> Sequence[Run]:
        return list(self.client.search_runs([self.experiment_id], condition, max_results=1000))

    def send(self, action: Callable[[], object]) -> None:
        """Do ``action``, after those that still wait because the store had gone away.

        A training is worth more than its log: what cannot be sent now is kept and tried again with the next message;
        what the store refuses (it answers, but does not take this message) is dropped with a warning.
        """
        self._waiting.append(action)
        while self._waiting:
            try:
                expect_answer(self.uri)
                self._waiting[0]()
            except MlflowException as error:
                if error.error_code not in REFUSALS:
                    return self._wait(error)
                logger.warning("tracking refused a message (%s)", _first_line(error))
            except (MammoError, SQLAlchemyError, OSError) as error:
                return self._wait(error)
            self._waiting.pop(0)
        return None

    def _wait(self, error: Exception) -> None:
        if len(self._waiting) == 1:
            logger.warning("tracking has to wait, the training goes on (%s)", _first_line(error))

    def log_params(self, params: Mapping[str, object]) -> None:
        """Log parameters, each cut to what a server accepts."""
        entries = [Param(key, _short(value)) for key, value in params.items()]
        self.send(lambda: self.client.log_batch(self.run_id, params=entries))

    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        """Log finite metrics at one step."""
        now = int(datetime.now().timestamp() * 1000)
        entries = [Metric(_metric_name(key), value, now, step) for key, value in metrics.items() if value == value]
        self.send(lambda: self.client.log_batch(self.run_id, metrics=entries))

    def log_files(self, paths: Sequence[Path], folder: str | None = None) -> None:
        """Upload the files that exist."""
        for path in paths:
            if path.is_file():
                self.send(partial(self.client.log_artifact, self.run_id, str(path), folder))

    def log_json(self, content: object, name: str) -> None:
        """Upload ``content`` as a pretty-printed JSON artifact."""
        text = without_credentials(json.dumps(content, indent=2, default=str))
        self.send(lambda: self.client.log_text(self.run_id, text, name))

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        self.send(lambda: self.client.log_batch(self.run_id, tags=[RunTag(k, v) for k, v in tags.items()]))

    def close(self, status: str) -> None:
        """End the run as FINISHED, FAILED or KILLED."""
        self.send(lambda: self.client.set_terminated(self.run_id, status))
        if self._waiting:
            logger.warning(
                "%d messages for run %s could not be sent; the files are in the output folder",
                len(self._waiting),
                self.run_id,
            )


def expect_answer(uri: str) -> None:
    """One quick question, because MLflow's own client repeats a failing one for minutes."""
    if not uri.startswith(("http://", "https://")):
        return
    try:
        urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=10).close()  # noqa: S310
    except urllib.error.HTTPError:
        return  # something answers; credentials and paths are the client's business
    except OSError as error:
        raise MammoError(
            f"{without_credentials(uri)}: no tracking server answers; start it or change --tracking_uri", "tracking"
        ) from error


def _only_opener(uri: str) -> AbstractContextManager[object]:
    """One process at a time for a SQLite store: MLflow's own making of its tables fails when two begin it together."""
    if not uri.startswith("sqlite:///"):
        return nullcontext()
    path = Path(uri.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(f"{path}.lock", timeout=300)


def without_credentials(text: str) -> str:
    """``text`` with user name and password cut out of every address."""
    return re.sub(r"(://)[^/@\s\"']+@", r"\1", text)


def _metric_name(name: str) -> str:
    """A class may be called anything, a metric only what MLflow allows."""
    return re.sub(r"[^\w\-. :/]", "_", name)


def _first_line(error: Exception) -> str:
    return without_credentials((str(error).splitlines() or [type(error).__name__])[0])


def _short(value: object) -> str:
    text = without_credentials(value if isinstance(value, str) else json.dumps(value, default=str))
    return text if len(text) <= PARAM_LIMIT else text[: PARAM_LIMIT - 1] + "…"


def _process() -> dict[str, str]:
    return {"host": socket.gethostname(), "pid": str(os.getpid())}


def _quoted(name: str) -> str:
    return name.replace("'", "")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
