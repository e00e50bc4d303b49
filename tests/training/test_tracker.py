from __future__ import annotations

import subprocess
import sys

import pytest
from mlflow import MlflowClient

from mammo_monai.errors import MammoError
from mammo_monai.training.tracker import Tracker, default_tracking_uri


def test_runs_of_dead_processes_are_closed_by_the_next_start(build, runs, tmp_path):
    tracker = Tracker(f"sqlite:///{tmp_path / 'mlflow.db'}", "tests")
    tracker.open("left")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    tracker.tag({"pid": str(dead.pid)})
    tracker.open("alive")
    build(max_epochs=1).run()
    status = {run.info.run_name: run.info.status for run in runs()}
    assert status == {"left": "KILLED", "alive": "RUNNING", "toy": "FINISHED"}


def test_a_store_that_goes_away_does_not_stop_the_training_and_gets_the_rest_later(tmp_path, store, runs, caplog):
    tracker = Tracker(f"sqlite:///{tmp_path / 'mlflow.db'}", "tests")
    tracker.open("toy")
    working, tracker.client = tracker.client, _Gone()
    tracker.log_metrics({"loss": 1.0}, 1)
    tracker.log_metrics({"loss": 2.0}, 2)
    assert caplog.text.count("has to wait") == 1
    tracker.client = working
    tracker.close("FINISHED")
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert [m.value for m in store.get_metric_history(run.info.run_id, "loss")] == [1.0, 2.0]


class _Gone:
    def __getattr__(self, name):
        raise OSError("connection refused")


def test_very_long_parameters_are_cut_not_refused(tmp_path, store, runs):
    tracker = Tracker(f"sqlite:///{tmp_path / 'mlflow.db'}", "tests")
    tracker.open("toy")
    tracker.log_params({"long": "x" * 10_000})
    (run,) = runs()
    assert len(run.data.params["long"]) == 6000


def test_no_server_at_the_start_is_one_line():
    with pytest.raises(MammoError, match="no tracking server answers"):
        Tracker("http://127.0.0.1:9", "tests")


def test_environment_variable_wins_over_the_default(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert default_tracking_uri(str(tmp_path)) == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://server:5000")
    assert default_tracking_uri(str(tmp_path)) == "http://server:5000"


def test_two_first_starts_at_once_share_one_new_store(tmp_path):
    """MLflow's own migration of a new SQLite file fails when two processes begin it together."""
    code = (
        "import sys; from mammo_monai.training.tracker import Tracker; t = Tracker(sys.argv[1], 'tests'); "
        "t.open('run'); t.close('FINISHED')"
    )
    uri = f"sqlite:///{tmp_path / 'new' / 'mlflow.db'}"
    processes = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, uri], stderr=subprocess.PIPE) for _ in range(3)
    ]
    errors = [process.communicate(timeout=300)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    client = MlflowClient(uri)
    found = client.search_runs([client.get_experiment_by_name("tests").experiment_id])
    assert len(found) == 3
    assert len({run.info.run_name for run in found}) == 3


def test_a_refused_message_is_dropped_and_the_rest_arrive(tmp_path, runs, caplog):
    tracker = Tracker(f"sqlite:///{tmp_path / 'mlflow.db'}", "tests")
    tracker.open("toy")
    tracker.log_params({"a": 1})
    tracker.log_params({"a": 2})  # MLflow does not let a parameter change
    tracker.log_metrics({"auc_suspicious (4+)": 0.5}, 1)
    tracker.close("FINISHED")
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.params == {"a": "1"}
    assert run.data.metrics == {"auc_suspicious _4__": 0.5}
    assert "refused" in caplog.text


def test_passwords_reach_no_log(tmp_path, runs):
    tracker = Tracker(f"sqlite:///{tmp_path / 'mlflow.db'}", "tests")
    tracker.open("toy")
    tracker.log_params({"tracking_uri": "https://user:secret@host:5000/x"})
    assert runs()[0].data.params["tracking_uri"] == "https://host:5000/x"
    with pytest.raises(MammoError, match=r"^http://127.0.0.1:9: no tracking"):
        Tracker("http://user:secret@127.0.0.1:9", "tests")
