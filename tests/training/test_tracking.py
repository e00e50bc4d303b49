from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import pytest
from ignite.engine import Events
from mlflow import MlflowClient

from mammo_monai.errors import MammoError
from mammo_monai.training.tracking import Tracker, default_tracking_uri


@pytest.fixture
def store(tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")


def runs(store):
    experiment = store.get_experiment_by_name("tests")
    return store.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])


class Raise:
    """Handler that raises in the middle of the second epoch."""

    def __init__(self, error):
        self.error = error

    def attach(self, engine):
        engine.add_event_handler(Events.ITERATION_COMPLETED(once=4), self)

    def __call__(self, engine):
        if isinstance(self.error, int):
            os.kill(os.getpid(), self.error)
        else:
            raise self.error


def test_one_finished_run_with_everything_on_one_step_axis(build, store):
    build(max_epochs=3).run()
    (run,) = runs(store)
    assert run.info.status == "FINISHED"
    assert run.data.params["answer"] == "42"
    assert {"torch", "monai", "mammo_monai", "git_commit"} <= run.data.params.keys()
    for metric in ("train_macro_auc", "val_macro_auc", "val_loss", "val_auc_a", "learning_rate"):
        assert [m.step for m in store.get_metric_history(run.info.run_id, metric)] == [1, 2, 3]


def test_names_are_unique(build, store):
    for folder in ("a", "b", "c"):
        build(max_epochs=1, folder=folder).run()
    assert [run.info.run_name for run in runs(store)] == ["toy", "toy-2", "toy-3"]


@pytest.mark.parametrize(
    ("error", "raised", "status"),
    [
        (ValueError("boom"), ValueError, "FAILED"),
        (KeyboardInterrupt(), KeyboardInterrupt, "KILLED"),
        (signal.SIGTERM, KeyboardInterrupt, "KILLED"),
        (signal.SIGINT, KeyboardInterrupt, "KILLED"),
    ],
)
def test_a_crash_ctrl_c_or_kill_closes_the_run_and_still_raises(build, store, error, raised, status):
    with pytest.raises(raised):
        build(extra=[Raise(error)]).run()
    (run,) = runs(store)
    assert run.info.status == status
    assert run.info.end_time is not None
    artifacts = [a.path for a in store.list_artifacts(run.info.run_id)]
    assert "executed_config.json" in artifacts  # it was there from the start


def test_artifacts_exist_from_the_start_and_at_the_end(build, store, tmp_path):
    first, last = tmp_path / "datalist.json", tmp_path / "out" / "model.pt"
    first.write_text("{}")
    build(artifacts_at_start=[str(first)], artifacts_at_end=[str(last)]).run()
    (run,) = runs(store)
    assert {"datalist.json", "model.pt"} <= {a.path for a in store.list_artifacts(run.info.run_id)}


def test_a_resumed_training_goes_on_in_its_own_run(build, store):
    with pytest.raises(KeyboardInterrupt):
        build(max_epochs=3, extra=[Raise(KeyboardInterrupt())]).run()
    build(max_epochs=3, resume=True).run()
    (run,) = runs(store)
    assert run.info.status == "FINISHED"
    assert [m.step for m in store.get_metric_history(run.info.run_id, "val_loss")] == [1, 2, 3]
    assert run.data.tags["resumed_after_epoch"] == "1"


def test_runs_of_dead_processes_are_closed_by_the_next_start(build, store, tmp_path):
    tracker = Tracker(f"sqlite:///{tmp_path / 'mlflow.db'}", "tests")
    tracker.open("left")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    tracker.tag({"pid": str(dead.pid)})
    tracker.open("alive")
    build(max_epochs=1).run()
    status = {run.info.run_name: run.info.status for run in runs(store)}
    assert status == {"left": "KILLED", "alive": "RUNNING", "toy": "FINISHED"}


def test_a_store_that_goes_away_does_not_stop_the_training_and_gets_the_rest_later(tmp_path, store, caplog):
    tracker = Tracker(f"sqlite:///{tmp_path / 'mlflow.db'}", "tests")
    tracker.open("toy")
    working, tracker.client = tracker.client, _Gone()
    tracker.log_metrics({"loss": 1.0}, 1)
    tracker.log_metrics({"loss": 2.0}, 2)
    assert caplog.text.count("has to wait") == 1
    tracker.client = working
    tracker.close("FINISHED")
    (run,) = runs(store)
    assert run.info.status == "FINISHED"
    assert [m.value for m in store.get_metric_history(run.info.run_id, "loss")] == [1.0, 2.0]


class _Gone:
    def __getattr__(self, name):
        raise OSError("connection refused")


def test_very_long_parameters_are_cut_not_refused(tmp_path, store):
    tracker = Tracker(f"sqlite:///{tmp_path / 'mlflow.db'}", "tests")
    tracker.open("toy")
    tracker.log_params({"long": "x" * 10_000})
    (run,) = runs(store)
    assert len(run.data.params["long"]) == 6000


def test_no_server_at_the_start_is_one_line():
    with pytest.raises(MammoError, match="no tracking server answers"):
        Tracker("http://127.0.0.1:9", "tests")


def test_environment_variable_wins_over_the_default(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert default_tracking_uri(str(tmp_path)) == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://server:5000")
    assert default_tracking_uri(str(tmp_path)) == "http://server:5000"
