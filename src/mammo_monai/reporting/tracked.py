"""What an MLflow store knows of a run: its parameters and its small files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from mammo_monai.errors import MammoError
from mammo_monai.training.tracker import expect_answer, without_credentials

SMALL = (".json", ".csv")
"""Files that a report reads; weights stay where they are."""


def params(tracking_uri: str, run_id: str) -> dict[str, str]:
    """Parameters of a run.

    Raises:
        MammoError: the store does not answer or does not know the run.
    """
    with _client(tracking_uri, run_id) as client:
        return dict(client.get_run(run_id).data.params)


def download(tracking_uri: str, run_id: str, folder: Path) -> None:
    """Copy the run's tables and JSON files, those of each of its evaluations in a folder of its own.

    Raises:
        MammoError: the store does not answer or does not know the run.
    """
    with _client(tracking_uri, run_id) as client:
        top = client.list_artifacts(run_id)
        inner = [file for part in top if part.is_dir for file in client.list_artifacts(run_id, part.path)]
        for file in (*top, *inner):
            if not file.is_dir and file.path.endswith(SMALL):
                with redirect_stderr(io.StringIO()):  # a progress bar per file
                    copy = Path(client.download_artifacts(run_id, file.path, str(folder)))
                place = folder / file.path  # some stores leave the folders out
                place.parent.mkdir(parents=True, exist_ok=True)
                copy.replace(place)


@contextmanager
def _client(uri: str, run_id: str) -> Iterator[MlflowClient]:
    """A client whose failures are one line; it makes no store where there is none."""
    store = Path(uri.removeprefix("sqlite:///"))
    if not uri or (uri.startswith("sqlite:///") and not store.is_file()):
        found = f"there is no {store}" if uri else "none was given"
        raise MammoError(f"run {run_id}: name the MLflow store with --tracking_uri ({found})", "tracking")
    try:
        expect_answer(uri)
        yield MlflowClient(tracking_uri=uri)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        line = without_credentials((str(error).splitlines() or [type(error).__name__])[0])
        raise MammoError(
            f"run {run_id}: cannot be read from {without_credentials(uri)} ({line}); check --tracking_uri", "tracking"
        ) from error
