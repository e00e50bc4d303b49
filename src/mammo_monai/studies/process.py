"""Start a worker, wait for it, stop it politely when asked, and say how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from mammo_monai.studies.folder import FAILED, FINISHED, LOG, STOP, Outcome, read_json

LOWER = "lower batch_size or spatial_size of this row"
POLITE_SECONDS = 60
"""What an interrupted training gets to close its run before it is killed."""


def launch(spec: Path, environment: Mapping[str, str]) -> Outcome:
    """Run one worker to its end, or until a file ``stop`` appears; all it prints goes to ``log.txt`` beside ``spec``.

    Args:
        spec: see :func:`mammo_monai.studies.folder.prepare`.
        environment: variables set for the worker, such as its device.
    """
    folder = spec.parent
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "mammo_monai.studies.worker", str(spec)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,  # Ctrl-C is the study's to pass on
        )
    try:
        while process.poll() is None and not (folder / STOP).exists():
            time.sleep(0.5)
    finally:
        _end(process)
    return outcome(folder, process.returncode)


def outcome(folder: Path, code: int) -> Outcome:
    """What the worker left behind; a kill leaves nothing but its exit ``code``."""
    if code == 0 and (folder / FINISHED).exists():
        return Outcome(folder)
    left = read_json(folder / FAILED)
    if code == -signal.SIGKILL:
        return Outcome(
            folder, "killed", f"killed by signal 9, as for want of memory; {LOWER}, or run it again to resume"
        )
    if left is None:
        return Outcome(folder, "crashed", f"ended with code {code}; see {folder / LOG}")
    reason, message = str(left["reason"]), str(left["message"])
    return Outcome(folder, reason, f"out of memory ({message}); {LOWER}" if reason == "out-of-memory" else message)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The worker takes the end of its input for Ctrl-C."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(POLITE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
