"""The folder of one training: what it is for, whether it is finished, and where an interrupted one goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammo_monai.errors import MammoError
from mammo_monai.files import write_text
from mammo_monai.studies.plan import Job, digest

SPEC, OVERLAY = "spec.json", "overlay.json"
TRAINED, FAILED, FINISHED = "trained.json", "failed.json", "row.json"
LOG, STOP = "log.txt", "stop"
"""What is printed, and the file whose appearance stops the worker."""


@dataclass(frozen=True)
class Outcome:
    """How a training ended: no ``reason`` when it is finished; ``message`` says in one line what went wrong."""

    folder: Path
    reason: str = ""
    message: str = ""


def finished(job: Job) -> bool:
    """Whether the training needs no more work.

    Raises:
        MammoError: the folder holds a training, finished or interrupted, of other settings (``changed-row``).
    """
    begun = read_json(job.folder / FINISHED) or (
        read_json(job.folder / SPEC) if (job.folder / "last.pt").exists() else None
    )
    if begun is None:
        return False
    theirs = begun.get("identity", {})
    if digest(theirs) != job.digest:
        changed = _changed(job.identity, theirs)
        raise MammoError(
            f"{job.folder}: holds this row as it was before its {', '.join(changed)} changed; choose another --out, "
            "rename the row, or delete that folder to train it anew",
            "changed-row",
        )
    return (job.folder / FINISHED).exists()


def _changed(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Names of what differs; of settings, which."""
    parts = [part for part, value in ours.items() if theirs.get(part) != value]
    now, then = ours.get("settings", {}), theirs.get("settings", {})
    ids = [key for key in {**then, **now} if then.get(key) != now.get(key)]
    return [part for part in parts if part != "settings"] + ids


def prepare(job: Job, bundle: Path, fixed: Mapping[str, Any], named: Mapping[str, Any]) -> Path:
    """Write what the worker is to do; returns the file.

    ``overlay.json`` holds the row's settings as a config file, so that the same training can be had from
    ``monai.bundle run`` by hand; evaluation adds the bundle's ``evaluate.json`` on top, whose weights are the trained.

    Args:
        job: the training.
        bundle: folder of the bundle.
        fixed: ids for training and evaluation, such as where runs are tracked.
        named: ids for training alone, such as the run's name.
    """
    configs = bundle.absolute() / "configs"
    where = {
        "bundle_root": str(bundle.absolute()),
        "dataset_dir": str(job.dataset_dir),
        "datalist": str(job.datalist),
        "output_dir": str(job.folder),
        **fixed,
    }
    training = [str(configs / "train.json"), str(job.folder / OVERLAY)]
    evaluation = {"configs": [*training, str(configs / "evaluate.json")], "overrides": where}
    network = {
        "training": {"configs": training, "overrides": {**where, **named}},
        "evaluation": evaluation if job.tested else None,
    }
    spec = {
        "row": job.row,
        "identity": job.identity,
        "folder": str(job.folder),
        **({"classical": {"model": job.classical, **where, **named}} if job.classical else network),
    }
    for name in (FAILED, STOP):
        (job.folder / name).unlink(missing_ok=True)
    write_json(job.folder / OVERLAY, dict(job.overlay))
    write_json(job.folder / SPEC, spec)
    return job.folder / SPEC


def read_json(path: Path) -> dict[str, Any] | None:
    """An object that this package wrote; None where there is no such file, or half of one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write an object in one step."""
    write_text(path, json.dumps(content, indent=2) + "\n")
