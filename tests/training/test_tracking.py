from __future__ import annotations

import os
import signal

import pytest
from ignite.engine import Events


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


def test_one_finished_run_with_everything_on_one_step_axis(build, store, runs):
    build(max_epochs=3).run()
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.params["answer"] == "42"
    assert {"torch", "monai", "mammo_monai", "git_commit"} <= run.data.params.keys()
    for metric in ("train_macro_auc", "val_macro_auc", "val_loss", "val_auc_a", "learning_rate"):
        assert [m.step for m in store.get_metric_history(run.info.run_id, metric)] == [1, 2, 3]


def test_names_are_unique(build, store, runs):
    for folder in ("a", "b", "c"):
        build(max_epochs=1, folder=folder).run()
    assert [run.info.run_name for run in runs()] == ["toy", "toy-2", "toy-3"]


@pytest.mark.parametrize(
    ("error", "raised", "status"),
    [
        (ValueError("boom"), ValueError, "FAILED"),
        (KeyboardInterrupt(), KeyboardInterrupt, "KILLED"),
        (signal.SIGTERM, KeyboardInterrupt, "KILLED"),
        (signal.SIGINT, KeyboardInterrupt, "KILLED"),
    ],
)
def test_a_crash_ctrl_c_or_kill_closes_the_run_and_still_raises(build, store, runs, error, raised, status):
    with pytest.raises(raised):
        build(extra=[Raise(error)]).run()
    (run,) = runs()
    assert run.info.status == status
    assert run.info.end_time is not None
    artifacts = [a.path for a in store.list_artifacts(run.info.run_id)]
    assert "executed_config.json" in artifacts  # it was there from the start


def test_artifacts_exist_from_the_start_and_at_the_end(build, store, runs, tmp_path):
    first, last = tmp_path / "datalist.json", tmp_path / "out" / "model.pt"
    first.write_text("{}")
    build(artifacts_at_start=[str(first)], artifacts_at_end=[str(last)]).run()
    (run,) = runs()
    assert {"datalist.json", "model.pt"} <= {a.path for a in store.list_artifacts(run.info.run_id)}


def test_a_resumed_training_goes_on_in_its_own_run(build, store, runs):
    with pytest.raises(KeyboardInterrupt):
        build(max_epochs=3, extra=[Raise(KeyboardInterrupt())]).run()
    build(max_epochs=3, resume=True).run()
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert [m.step for m in store.get_metric_history(run.info.run_id, "val_loss")] == [1, 2, 3]
    assert run.data.tags["resumed_after_epoch"] == "1"


def test_tags_nest_a_run_under_another_from_the_start_and_when_it_is_resumed(build, store, runs):
    class Seen:
        def attach(self, engine):
            engine.add_event_handler(Events.ITERATION_COMPLETED(once=1), self)

        def __call__(self, engine):
            self.tags = runs()[0].data.tags

    seen = Seen()
    build(max_epochs=1, tags={"mlflow.parentRunId": "first"}, extra=[seen]).run()
    assert seen.tags["mlflow.parentRunId"] == "first"
    build(max_epochs=2, resume=True, tags={"mlflow.parentRunId": "second"}).run()
    (run,) = runs()
    assert run.data.tags["mlflow.parentRunId"] == "second"
