"""One training and its evaluation in a process of their own: ``python -m mammo_monai.studies.worker SPEC.json``.

The process lives as long as the study that started it: standard input is a pipe from there, and when it is closed, by
the study or by its death, the training is interrupted as by Ctrl-C.
"""

from __future__ import annotations

import csv
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mammo_monai.errors import cause
from mammo_monai.studies.folder import FAILED, FINISHED, OVERLAY, TRAINED, read_json, write_json
from mammo_monai.studies.signals import terminate_as_ctrl_c
from mammo_monai.training.memory import peak_memory

OUT_OF_MEMORY = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "killed by signal: killed",
    "out of shared memory",
)
WAIT_FOR_FOLDER = 60
"""Seconds in which an earlier worker, whose study was killed, must have left the folder."""


def main(spec_file: str) -> int:
    """Do what a spec of :func:`mammo_monai.studies.folder.prepare` says; returns the exit code.

    Leaves ``row.json`` (finished, with what was measured; ``last.pt`` is gone then) or ``failed.json`` (reason and
    message).
    """
    spec = read_json(Path(spec_file)) or {}
    folder = Path(spec["folder"])
    try:
        # Inside: a study that has ended by now interrupts at once, and that has to be noted like any later end.
        threading.Thread(target=_end_with_study, daemon=True).start()
        with FileLock(folder / "worker.lock", timeout=WAIT_FOR_FOLDER):
            _work(spec, folder)
    except BaseException as error:
        reason, message = diagnosis(error)
        write_json(folder / FAILED, {"reason": reason, "message": message})
        if cause(error) is None and isinstance(error, Exception):
            raise
        print(f"error: {message}", file=sys.stderr)
        return 1
    return 0


def diagnosis(error: BaseException) -> tuple[str, str]:
    """Reason code and one line for whatever ended a training, which MONAI may have wrapped several times."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "interrupted"
    if isinstance(error, Timeout):
        return "busy", "another process still works in this folder; wait for it to end"
    links = list(_links(error))
    for link in links:
        if isinstance(link, MemoryError) or any(sign in str(link).lower() for sign in OUT_OF_MEMORY):
            return "out-of-memory", _line(link)
    known = cause(error)
    return (known.reason, str(known)) if known else ("crashed", _line(links[-1]))


def _links(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it was raised from, down to the first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _line(error: BaseException) -> str:
    return " ".join([f"{type(error).__name__}:", *str(error).splitlines()[:1]])


def _work(spec: Mapping[str, Any], folder: Path) -> None:
    measured = _classical(spec["classical"], folder) if "classical" in spec else _network(spec, folder)
    write_json(folder / FINISHED, {"row": spec["row"], "identity": spec["identity"], "measured": measured})
    (folder / "last.pt").unlink(missing_ok=True)  # three times the network's size, and nothing will be resumed


def _network(spec: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    measured = read_json(folder / TRAINED)
    if measured is None:
        measured = {**_train(spec["training"], folder), **peak_memory()}
        write_json(folder / TRAINED, measured)
        gc.collect()
    if spec["evaluation"]:
        measured = {**measured, **_evaluate(spec["evaluation"]), **_more(measured, peak_memory())}
    return measured


def _classical(step: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    from mammo_monai.classical.baseline import run
    from mammo_monai.classical.tracked import log

    begin = time.perf_counter()
    datalist, root, bundle = (Path(step[key]) for key in ("datalist", "dataset_dir", "bundle_root"))
    metrics = run(datalist, root, folder, bundle, model=step["model"], options=read_json(folder / OVERLAY))
    seconds = time.perf_counter() - begin
    log(folder, metrics, step["tracking_uri"], step["experiment_name"], step["run_name"], step["run_tags"])
    return {"training_seconds": round(seconds, 2), **peak_memory()}


def _train(step: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    workflow = _workflow(step, resume=(folder / "last.pt").exists())
    try:
        workflow.run()
    except Exception as error:
        known = cause(error)
        if known is None or known.reason != "done":  # a kill came between the last epoch and our note of it
            raise
    workflow.finalize()
    parameters = list(workflow.parser.get_parsed_content("network").parameters())
    with (folder / "history.csv").open(newline="", encoding="utf-8") as file:
        epochs = list(csv.DictReader(file))
    return {
        "epochs": len(epochs),
        "chosen_epoch": (read_json(folder / "model.json") or {}).get("epoch"),
        "training_seconds": round(sum(float(epoch["seconds"] or 0) for epoch in epochs), 2),
        "parameters": sum(p.numel() for p in parameters),
        "trainable_parameters": sum(p.numel() for p in parameters if p.requires_grad),
    }


def _evaluate(step: Mapping[str, Any]) -> dict[str, Any]:
    workflow = _workflow(step)
    workflow.run()
    seconds = workflow.parser.get_parsed_content("validate#evaluator").state.times["EPOCH_COMPLETED"]
    images = len(workflow.parser.get_parsed_content("validate#dataset"))
    workflow.finalize()
    return {"evaluation_seconds": round(seconds, 3), "images_per_second": round(images / seconds, 2)}


def _workflow(step: Mapping[str, Any], **more: Any) -> Any:
    from monai.bundle import ConfigWorkflow

    made = ConfigWorkflow(config_file=step["configs"], workflow_type="train", **step["overrides"], **more)
    made.initialize()
    return made


def _more(earlier: Mapping[str, Any], now: Mapping[str, int]) -> dict[str, int]:
    return {key: max(value, earlier.get(key, 0)) for key, value in now.items()}


def _end_with_study() -> None:
    while os.read(0, 1024):  # not sys.stdin, whose lock would be held when Python ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    terminate_as_ctrl_c()
    sys.exit(main(sys.argv[1]))
