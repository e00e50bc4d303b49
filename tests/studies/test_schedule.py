from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from mammo_monai.studies import schedule
from mammo_monai.studies.folder import STOP, Outcome
from mammo_monai.studies.plan import Job


@pytest.fixture
def jobs(tmp_path):
    """a; b needs a; c; d needs b and c."""

    def job(name, *needs):
        (tmp_path / name).mkdir()
        return Job(name, tmp_path / name, {}, tmp_path, tmp_path, tuple(tmp_path / n for n in needs), {}, tested=True)

    return [job("a"), job("b", "a"), job("c"), job("d", "b", "c")]


def done(job, reason=""):
    future = Future()
    future.set_result(Outcome(job.folder, reason, reason))
    return future


def test_one_at_a_time_in_order(jobs):
    assert [job.row for job, _ in schedule.run(jobs, 1, done)] == ["a", "b", "c", "d"]


def test_what_needs_a_failed_row_is_not_started(jobs):
    started = []

    def start(job):
        started.append(job.row)
        return done(job, "crashed" if job.row == "a" else "")

    outcomes = {job.row: outcome for job, outcome in schedule.run(jobs, 1, start)}
    assert started == ["a", "c"]
    assert {row for row, outcome in outcomes.items() if outcome.reason} == {"a", "b", "d"}
    assert "because " in outcomes["d"].message
    assert outcomes["b"].reason == "not-started"


def test_never_more_than_asked_for_and_never_before_what_is_needed(jobs):
    running, most, ended = set(), [], []
    lock = threading.Lock()

    def work(job):
        with lock:
            running.add(job.row)
            most.append(len(running))
            assert {need.name for need in job.needs} <= set(ended)
        time.sleep(0.05)
        with lock:
            running.remove(job.row)
            ended.append(job.row)
        return Outcome(job.folder)

    with ThreadPoolExecutor(4) as executor:
        outcomes = [outcome for _, outcome in schedule.run(jobs, 2, lambda job: executor.submit(work, job))]
    assert max(most) == 2
    assert not any(outcome.reason for outcome in outcomes)


def test_when_it_is_closed_what_is_under_way_is_told_to_stop_and_waited_for(jobs):
    stopped, begun = [], threading.Event()

    def work(job):
        if job.row == "c":
            begun.set()
        while job.row == "c" and not (job.folder / STOP).exists():
            time.sleep(0.01)
        stopped.append(job.row)
        return Outcome(job.folder)

    with ThreadPoolExecutor(2) as executor:
        outcomes = schedule.run(jobs, 2, lambda job: executor.submit(work, job))
        assert next(outcomes)[0].row == "a"
        begun.wait(10)
        outcomes.close()
        assert "c" in stopped


def test_an_engine_that_gives_up_costs_one_row(jobs):
    def start(job):
        future = Future()
        future.set_exception(ConnectionError("gone"))
        return future

    outcomes = [outcome for _, outcome in schedule.run(jobs, 1, start)]
    assert [outcome.reason for outcome in outcomes] == ["worker-died", "not-started", "worker-died", "not-started"]
