"""Workers as processes, that end before they import what trains."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from filelock import FileLock

from mammo_monai.studies.folder import FAILED, FINISHED, LOG, SPEC, STOP, Outcome, write_json
from mammo_monai.studies.process import launch, outcome


@pytest.fixture
def busy(tmp_path):
    """A spec whose worker waits for a folder that this process holds."""
    folder = tmp_path / "a" / "l"
    write_json(folder / SPEC, {"folder": str(folder)})
    with FileLock(folder / "worker.lock"):
        yield folder / SPEC


def launched(spec, then):
    """Outcome of a worker to which ``then(process)`` is done, and that process."""
    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(launch, spec, {})
        while not (workers := [p for p in psutil.Process().children() if str(spec) in p.cmdline()]):
            time.sleep(0.05)
        then(workers[0])
        return future.result(120), workers[0]


def test_a_killed_worker_is_told_apart_and_says_what_to_lower(busy):
    result, _ = launched(busy, lambda process: process.kill())
    assert result.reason == "killed"
    assert "lower batch_size or spatial_size" in result.message


def test_a_file_stops_a_worker_politely(busy):
    result, process = launched(busy, lambda _: (busy.parent / STOP).touch())
    assert result == Outcome(busy.parent, "interrupted", "interrupted")
    assert not process.is_running()


def test_a_study_that_has_ended_before_its_worker_began_is_noted_too(busy):
    command = [sys.executable, "-m", "mammo_monai.studies.worker", str(busy)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert outcome(busy.parent, done.returncode) == Outcome(busy.parent, "interrupted", "interrupted")


def test_a_crash_before_anything_is_said_points_to_the_log(tmp_path):
    write_json(tmp_path / SPEC, {})
    result = launch(tmp_path / SPEC, {})
    assert (result.reason, str(tmp_path / LOG) in result.message) == ("crashed", True)
    assert "KeyError: 'folder'" in (tmp_path / LOG).read_text()


def test_outcomes(tmp_path):
    write_json(tmp_path / FAILED, {"reason": "out-of-memory", "message": "CUDA out of memory"})
    assert (
        outcome(tmp_path, 1).message
        == "out of memory (CUDA out of memory); lower batch_size or spatial_size of this row"
    )
    write_json(tmp_path / FAILED, {"reason": "missing-file", "message": "x.png: no such file"})
    assert outcome(tmp_path, 1) == Outcome(tmp_path, "missing-file", "x.png: no such file")
    write_json(tmp_path / FINISHED, {})
    assert outcome(tmp_path, 0) == Outcome(tmp_path)
    assert outcome(tmp_path, -6).reason != ""
