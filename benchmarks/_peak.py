"""Child process of the memory benchmark: ``python -m benchmarks._peak FILE`` prints the bytes one film adds.

Everything is imported and used once on a small film; then Linux is told to forget the peak so far, so that what
importing took at its worst hides nothing. (``ru_maxrss`` would not do: it starts from the parent's memory.)
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks._chain import chain
from benchmarks._films import pgm

RESET_PEAK = "5"  # proc(5), clear_refs


def main(path: str) -> None:
    """Print the increase of the peak over the resident memory just before."""
    preprocess = chain()
    with TemporaryDirectory() as folder:
        preprocess({"image": pgm(Path(folder))})
    Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    before = resident("VmRSS")
    preprocess({"image": path})
    print(resident("VmHWM") - before)


def resident(key: str) -> int:
    """A line of /proc/self/status in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{key}:"))


if __name__ == "__main__":
    main(sys.argv[1])
