from __future__ import annotations

import csv
import json
from collections import Counter

import pytest
from filelock import FileLock
from mlflow import MlflowClient

from mammo_monai.datasets import datalist
from mammo_monai.errors import MammoError
from mammo_monai.studies import engines
from mammo_monai.studies.study import Data, run_study


@pytest.fixture
def run(bundle, tmp_path, phantoms, folds, tracking_uri, worker):
    """Function that runs a study of rows on two folds with the fake worker; returns failures and what was said."""

    def go(rows, lists=None, baseline="", say=None, **options):
        file = tmp_path / "mine.json"
        file.write_text(json.dumps({"rows": rows, "baseline": baseline or rows[0]["name"]}))
        said = []
        with engines.local(1, worker) as submit:
            failures = run_study(
                file, bundle, tmp_path / "out", Data(phantoms, lists or folds[:2]), options, tracking_uri, submit,
                say=say or said.append,
            )  # fmt: skip
        return failures, said

    return go


def row(name, rate=None, **overlay):
    return {"name": name, "overlay": {**({} if rate is None else {"learning_rate": rate}), **overlay}}


def table(tmp_path):
    with (tmp_path / "out" / "study.csv").open(newline="") as file:
        return {line["row"]: line for line in csv.DictReader(file)}


ROWS = [row("base", 0.34), row("better", 1.0), row("same", 0.34, batch_size=4), row("broken", 9)]


def test_the_table_pools_folds_and_compares_on_the_same_images(run, tmp_path, folds):
    failures, said = run(ROWS)
    assert [failure.folder.parent.name for failure in failures] == ["broken"] * 2
    assert any("out of memory; lower batch_size" in line for line in said)

    tests = [sorted(datalist.read(path)["test"], key=lambda item: item["image"]) for path in folds[:2]]
    n = sum(map(len, tests))
    third = sum((len(test) + 2) // 3 for test in tests)  # every third row of each fold is right
    commonest = max(Counter(item["label"] for test in tests for item in test).values())
    lines = table(tmp_path)
    assert {int(line["n"]) for name, line in lines.items() if name != "broken"} == {n}
    assert float(lines["base"]["accuracy"]) == pytest.approx(third / n)
    assert float(lines["base"]["majority_accuracy"]) == pytest.approx(commonest / n)
    assert float(lines["better"]["difference_accuracy"]) == pytest.approx(1 - third / n)
    assert lines["better"]["difference_accuracy_beyond_noise"] == "True"
    assert float(lines["same"]["difference_accuracy"]) == 0
    assert lines["same"]["difference_accuracy_beyond_noise"] == ""  # all draws are 0
    assert lines["base"]["difference_accuracy"] == ""
    assert (float(lines["base"]["training_seconds"]), float(lines["base"]["parameters"])) == (5.0, 1000)
    assert "out of memory" in lines["broken"]["remark"]

    page = (tmp_path / "out" / "study.md").read_text()
    assert "not for clinical use" in page
    assert "| **base** |" in page
    better, same = (
        next(line for line in page.splitlines() if line.startswith(f"| {name} ")) for name in ("better", "same")
    )
    assert f"+{100 * (1 - third / n):.1f} [" in better
    assert "noise" not in better
    assert same.count("no interval") == 2
    assert (tmp_path / "out" / "study.png").read_bytes().startswith(b"\x89PNG")


def test_mlflow_has_one_parent_and_tells_the_children_of_it(run, tmp_path, tracking_uri, worker):
    run(ROWS)
    client = MlflowClient(tracking_uri)
    (parent,) = client.search_runs([client.get_experiment_by_name("small").experiment_id])
    assert (parent.info.run_name, parent.info.status) == ("mine", "FAILED")
    assert {"mine.json", "study.md", "study.csv", "study.png"} <= {
        a.path for a in client.list_artifacts(parent.info.run_id)
    }
    assert parent.data.metrics["better/accuracy"] == 1
    assert parent.data.metrics["better/difference_accuracy"] > 0.3
    for spec in worker.specs:
        given = spec["training"]["overrides"]
        assert given["run_tags"]["mlflow.parentRunId"] == parent.info.run_id
        assert given["run_tags"]["row"] == spec["row"]
        assert (given["tracking_uri"], given["experiment_name"]) == (tracking_uri, "small")
    assert worker.specs[0]["training"]["overrides"]["run_name"] == "base-fold-0"
    assert "run_tags" not in worker.specs[0]["evaluation"]["overrides"]

    run(ROWS)  # goes on in its run
    (again,) = client.search_runs([client.get_experiment_by_name("small").experiment_id])
    assert again.info.run_id == parent.info.run_id


def test_what_is_finished_is_skipped_and_what_failed_is_tried_again(run, worker):
    run(ROWS)
    worker.started.clear()
    _, said = run(ROWS)
    assert worker.started == ["broken/fold-0", "broken/fold-1"]
    assert "base/fold-0: was finished" in said


def test_a_changed_row_stops_everything_before_it_starts(run, worker):
    run([row("base", 0.34), row("a", 1.0)])
    worker.started.clear()
    with pytest.raises(MammoError, match=r"out/a/fold-0: holds this row as it was before its learning_rate changed"):
        run([row("new", 0.34), row("a", 0.34)])
    assert worker.started == []


def test_a_row_on_other_test_data_gets_no_difference_and_says_why(run, tmp_path, folds, phantoms):
    run([row("base", 0.34), row("other", 1.0, datalist=str(folds[2]))], lists=folds[:1])
    other = table(tmp_path)["other"]
    assert float(other["accuracy"]) == 1
    assert "difference_accuracy" not in other or not other["difference_accuracy"]
    assert other["remark"].startswith("no difference: ")
    assert "other: no difference: " in (tmp_path / "out" / "study.md").read_text()


def test_a_list_without_a_test_section_is_trained_only(run, tmp_path, folds, phantoms, worker):
    content = datalist.read(folds[2])
    path = tmp_path / "untested.json"
    lists = {section: content[section] for section in ("training", "validation")}
    datalist.write(datalist.rebuilt(content, {**lists, "test": []}), path)
    run([row("base", 0.34), row("pre", 1.0, datalist=str(path))], lists=folds[:1])
    assert [bool(spec["evaluation"]) for spec in worker.specs] == [True, False]
    assert table(tmp_path)["pre"]["remark"] == "trained only, its datalist has no test section"


def test_without_a_baseline_s_result_the_others_still_have_theirs(run, tmp_path):
    run([row("base", 9), row("a", 1.0)])
    line = table(tmp_path)["a"]
    assert float(line["accuracy"]) == 1
    assert "base has no result" in line["remark"]


def test_two_studies_in_one_folder(run, tmp_path, worker):
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / "study.lock"), pytest.raises(MammoError, match="another study is at work there"):
        run([row("a")])
    assert worker.started == []


def test_ctrl_c_keeps_what_is_done_and_closes_the_run(run, tracking_uri, worker):
    def interrupt(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([row("base", 0.34), row("a", 1.0)], say=interrupt)
    client = MlflowClient(tracking_uri)
    (parent,) = client.search_runs([client.get_experiment_by_name("small").experiment_id])
    assert parent.info.status == "KILLED"
    worker.started.clear()
    failures, said = run([row("base", 0.34), row("a", 1.0)])
    assert not failures
    assert "base/fold-0: was finished" in said
    assert "base/fold-0" not in worker.started
    (parent,) = client.search_runs([parent.info.experiment_id])
    assert parent.info.status == "FINISHED"
