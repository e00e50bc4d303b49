"""What a search has found: ``trials.csv``, and the best settings as a preset, ``best.json``."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_monai.files import replacing, write_text
from mammo_monai.studies.search import ERROR, OVERLAY, counted

if TYPE_CHECKING:
    from optuna import Study

BEST, TRIALS = "best.json", "trials.csv"


def write(search: Study, out: Path, metric: str) -> dict[str, Any] | None:
    """Write both files; ``metric`` names the column of what was searched for.

    Returns:
        the best settings; None where no trial was completed, and then there is no ``best.json``.
    """
    trials = counted(search)
    lines = [
        {
            "trial": trial.number,
            "state": trial.state.name.lower(),
            metric: "" if trial.value is None else trial.value,
            "epochs": len(trial.intermediate_values),
            **{key: json.dumps(value) for key, value in trial.user_attrs[OVERLAY].items()},
            "error": trial.user_attrs.get(ERROR, ""),
        }
        for trial in trials
    ]
    with replacing(out / TRIALS) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(lines[0]) if lines else ["trial"])
        writer.writeheader()
        writer.writerows(lines)
    if not any(trial.state.name == "COMPLETE" for trial in trials):
        return None
    best: dict[str, Any] = search.best_trial.user_attrs[OVERLAY]
    write_text(out / BEST, json.dumps(best, indent=4, ensure_ascii=False) + "\n")
    return best
