from __future__ import annotations

import _thread
import csv
import json
import socket
import time
from pathlib import Path

import optuna
import pytest
from mlflow import MlflowClient

from mammo_monai.errors import MammoError
from mammo_monai.studies import engines
from mammo_monai.studies.folder import FINISHED, STOP, Outcome, read_json, write_json
from mammo_monai.studies.study import Data
from mammo_monai.studies.tuning import Tuning

RANGES = {"learning_rate": {"low": 0.1, "high": 1.0}, "batch_size": {"choices": [4, 8]}}
EPOCHS = 4


class Trainer:
    """In place of a process: the validation metric grows by learning_rate / 10 per epoch, an epoch takes 50 ms."""

    def __init__(self) -> None:
        self.folders: list[Path] = []
        self.fails: set[int] = set()
        self.raises: set[int] = set()
        self.interrupts = False

    def __call__(self, spec_file, environment):
        spec = read_json(spec_file)
        assert spec["evaluation"] is None  # the test part stays untouched
        folder = Path(spec["folder"])
        self.folders.append(folder)
        if len(self.folders) in self.raises:
            raise ConnectionError("gone")
        if len(self.folders) in self.fails:
            return Outcome(folder, "out-of-memory", "out of memory; lower batch_size")
        rate = json.loads((folder / "overlay.json").read_text())["learning_rate"]
        for epoch in range(1, EPOCHS + 1):
            with (folder / "history.csv").open("w", newline="") as file:
                out = csv.writer(file)
                out.writerow(["epoch", "val_macro_auc"])
                out.writerows([[e, 0.5 + e * rate / 10] for e in range(1, epoch + 1)])
            if self.interrupts and epoch == 2:
                _thread.interrupt_main()  # as Ctrl-C
            time.sleep(0.05)
            if (folder / STOP).exists():
                return Outcome(folder, "interrupted", "interrupted")
        write_json(folder / FINISHED, {"row": spec["row"], "identity": spec["identity"], "measured": {}})
        return Outcome(folder)


@pytest.fixture
def trainer():
    return Trainer()


@pytest.fixture
def tune(bundle, tmp_path, phantoms, folds, tracking_uri, trainer):
    """Function that runs a search with the fake trainer; returns the best overlay and what was said."""

    def go(trials, ranges=RANGES, out="out", lists=None, name="search", warmup=0, **options):
        source = tmp_path / "ranges.json"
        source.write_text(json.dumps(ranges))
        said = []
        with engines.local(1, trainer) as submit:
            tuning = Tuning(
                bundle, ranges, tmp_path / out, Data(phantoms, lists or folds[:1]), options, name,
                f"sqlite:///{tmp_path / 'optuna.db'}", tracking_uri, submit, said.append, poll_seconds=0.01,
            )  # fmt: skip
            return tuning.run(trials, source, warmup=warmup), said

    return go


def lines(tmp_path, out="out"):
    with (tmp_path / out / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_best_is_the_one_with_the_best_validation(tune, tmp_path, tracking_uri, bundle):
    best, said = tune(8)
    found = lines(tmp_path)
    complete = [line for line in found if line["state"] == "complete"]
    top = max(complete, key=lambda line: float(line["learning_rate"]))
    assert best == {key: json.loads(top[key]) for key in RANGES}
    assert float(top["val_macro_auc"]) == pytest.approx(0.5 + EPOCHS * best["learning_rate"] / 10)
    assert json.loads((tmp_path / "out" / "best.json").read_text()) == best
    assert (len(found), len(said)) == (8, 8)

    client = MlflowClient(tracking_uri)
    (parent,) = client.search_runs([client.get_experiment_by_name("small").experiment_id])
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["best_val_macro_auc"] == pytest.approx(float(top["val_macro_auc"]))
    assert {"ranges.json", "best.json", "trials.csv"} <= {a.path for a in client.list_artifacts(parent.info.run_id)}
    spec = read_json(tmp_path / "out" / "trial-0000" / "fold-0" / "spec.json")
    assert spec["training"]["overrides"]["run_tags"]["mlflow.parentRunId"] == parent.info.run_id


def test_what_is_behind_the_median_is_stopped_after_the_first_five(tune, tmp_path):
    tune(16)
    states = [line["state"] for line in lines(tmp_path)]
    assert set(states[:5]) == {"complete"}
    pruned = [line for line in lines(tmp_path) if line["state"] == "pruned"]
    assert pruned
    assert all(int(line["epochs"]) < EPOCHS for line in pruned)


def test_the_same_command_goes_on(tune, tmp_path, trainer):
    tune(2)
    tune(2)
    assert len(trainer.folders) == 2
    tune(3)
    assert len(trainer.folders) == 3
    rates = {line["learning_rate"] for line in lines(tmp_path)}
    assert len(rates) == 3  # the sampler does not begin its draws anew


def test_ctrl_c_stops_the_trial_which_the_next_call_takes_up_in_its_folder(tune, trainer, tmp_path):
    trainer.interrupts = True
    with pytest.raises(KeyboardInterrupt):
        tune(2)
    (folder,) = trainer.folders
    assert (folder / STOP).exists()
    left = optuna.load_study(study_name="search", storage=f"sqlite:///{tmp_path / 'optuna.db'}")
    assert [trial.state.name for trial in left.trials] == ["RUNNING"]
    trainer.interrupts = False
    tune(2)
    assert [path.parent.name for path in trainer.folders] == ["trial-0000", "trial-0000", "trial-0002"]
    assert [line["state"] for line in lines(tmp_path)] == ["complete", "complete"]


def test_a_trial_left_by_a_killed_process_goes_on_in_its_folder(tune, trainer, tmp_path, phantoms):
    tune(1)
    search = optuna.load_study(study_name="search", storage=f"sqlite:///{tmp_path / 'optuna.db'}")
    trial = search.ask()
    rate = trial.suggest_float("learning_rate", 0.1, 1.0)
    trial.suggest_categorical("batch_size", ["4", "8"])
    trial.set_user_attr("folder", str(tmp_path / "out" / "trial-0001"))
    trial.set_user_attr("host", socket.gethostname())
    elsewhere = search.ask()
    elsewhere.set_user_attr("folder", str(tmp_path / "out" / "trial-0002"))
    elsewhere.set_user_attr("host", "another machine")

    _, said = tune(2)
    assert said[0] == "taking up 1 interrupted trial(s)"
    assert trainer.folders[-1] == tmp_path / "out" / "trial-0001" / "fold-0"
    assert json.loads((trainer.folders[-1] / "overlay.json").read_text())["learning_rate"] == rate
    states = [t.state.name for t in optuna.load_study(study_name="search", storage=search._storage).trials]
    assert states == ["COMPLETE", "FAIL", "RUNNING", "COMPLETE"]
    assert len(lines(tmp_path)) == 2


def test_a_trial_that_fails_is_counted_and_the_search_goes_on(tune, trainer, tmp_path):
    trainer.fails = {1}
    best, said = tune(3)
    assert best
    first = lines(tmp_path)[0]
    assert (first["state"], first["error"]) == ("fail", "out of memory; lower batch_size")
    assert "failed: out of memory" in said[0]
    assert len(trainer.folders) == 3


def test_no_trial_completed(tune, trainer, tmp_path):
    trainer.fails = {1, 2}
    assert tune(2)[0] is None
    assert not (tmp_path / "out" / "best.json").exists()


def test_an_engine_that_gives_up_costs_one_trial(tune, trainer, tmp_path):
    trainer.raises = {1}
    best, said = tune(2)
    assert best
    assert "failed: ConnectionError: gone" in said[0]


def test_machines_with_one_storage_share_a_search(tune, trainer, tmp_path, tracking_uri):
    tune(2, out="one")
    tune(4, out="two")
    assert len(trainer.folders) == 4
    assert len(lines(tmp_path, "two")) == 4
    client = MlflowClient(tracking_uri)
    assert len(client.search_runs([client.get_experiment_by_name("small").experiment_id])) == 1  # and a parent run


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ranges": {"learning_rate": {"low": 0.1, "high": 2.0}}}, "begun with other ranges"),
        ({"max_epochs": 9}, "begun with other settings"),
    ],
)
def test_another_search_under_the_name_is_refused(tune, change, said):
    tune(1)
    with pytest.raises(MammoError, match=said):
        tune(2, **change)


def test_mistakes_before_anything_is_trained(tune, trainer, folds, bundle, tmp_path, phantoms):
    with pytest.raises(MammoError, match=r"ranges: the bundle has no id 'learning_rte'; nearest: learning_rate"):
        tune(1, ranges={"learning_rte": {"low": 0.1, "high": 1.0}})
    with pytest.raises(MammoError, match="takes one datalist"):
        tune(1, lists=folds[:2])
    with engines.local(1, trainer) as submit, pytest.raises(MammoError, match="--storage: cannot be opened"):
        Tuning(
            bundle, RANGES, tmp_path / "o", Data(phantoms, folds[:1]), {}, "n", "nonsense://x", "", submit
        ).run(1, tmp_path)  # fmt: skip
    assert trainer.folders == []
