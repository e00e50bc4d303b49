"""Verbs of the command line that need no network start in a second, without torch, MONAI or MLflow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks._table import Line, at_most
from benchmarks._timing import Seconds, elapsed

HEAVY = {"torch", "monai", "mlflow"}
COMMAND = (sys.executable, "-m", "mammo_monai")
RUNS = 5


def lines(folder: Path) -> Iterator[Line]:
    """Wall time of the whole process, start, work and end, over one second; one more run lists what it imported."""
    root, numbers = folder / "startup", count()
    command("phantom", "--out", root, "--exams", 5)()
    verbs = {
        "--help": lambda: command("--help"),
        "datalist (20 films)": lambda: command(
            "datalist", "phantom", "--root", root, "--out", root / "list.json", "--labels", "birads3"
        ),
        "verify (20 films)": lambda: command("verify", "phantom", "--root", root),
        "phantom --exams 1": lambda: command("phantom", "--out", folder / f"exam{next(numbers)}", "--exams", 1),
    }
    for name, verb in verbs.items():
        imported = HEAVY & modules(verb())
        seconds = Seconds(tuple(elapsed(verb()) for _ in range(RUNS)))
        what = f"mammo-monai {name} (imports {' and '.join(sorted(imported)) or 'none of torch, monai, mlflow'})"
        target = at_most(0) if imported else at_most(1)
        yield Line(what, str(seconds), "1 s", median(seconds.values), target)


def command(*arguments: object) -> Callable[..., str]:
    """A call that runs ``mammo-monai`` and returns what Python said on its imports, if it was asked."""

    def call(*python: str) -> str:
        line = [COMMAND[0], *python, *COMMAND[1:], *map(str, arguments)]
        return subprocess.run(line, check=True, capture_output=True, text=True).stderr

    return call


def modules(call: Callable[..., str]) -> set[str]:
    """Top-level packages that a run of ``call`` imported."""
    report = call("-X", "importtime").splitlines()
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in report if line.startswith("import time:")}
