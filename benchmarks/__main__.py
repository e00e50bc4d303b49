"""Run the benchmarks and print one Markdown table: ``python -m benchmarks [--only NAME] [--out FILE]``."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

import benchmarks
from benchmarks._machine import machine
from benchmarks._table import HEAD

METHOD = (
    "Ours and against alternate in one process (A B A B ...): median (range) of each, and the median of the pairs' "
    "ratios. Targets are those of the project; a MISSED one is reported, never asserted."
)


def main() -> None:
    """Run every benchmark of this folder, or those named, in a temporary folder that they share."""
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name[0] != "_")
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=names, action="append", help="one benchmark; may be repeated")
    parser.add_argument("--out", type=Path, help="file that gets the table as well")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    # Read when torch is imported: threads that wait must not spin into the other side's turn.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    start = time.perf_counter()
    table = [machine(), "", METHOD, "", *HEAD]
    print(*table, sep="\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        for name in arguments.only or names:
            for line in importlib.import_module(f"benchmarks.{name}").lines(Path(folder)):
                table.append(str(line))
                print(line, flush=True)
    print(f"\n{time.perf_counter() - start:.0f} s", file=sys.stderr)
    if arguments.out:
        arguments.out.write_text("\n".join(table) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
