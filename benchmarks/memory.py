"""Peak memory of one film on its way from file to tensor, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks._films import DETECTOR, LARGE, dicom, named, real
from benchmarks._table import Line, at_most
from mammo_monai.dicom.image import read_tags

FILMS = (("JPEG Lossless", DETECTOR), ("JPEG 2000", LARGE))
# glibc then gives every block above 1 MiB back when it is freed: a film cannot hide in what importing left behind.
FRESH_BLOCKS = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}


def lines(folder: Path) -> Iterator[Line]:
    """Increase of the peak over the memory before (method in ``_peak``) over the bytes of the stored pixels; Linux."""
    if not Path("/proc/self/clear_refs").exists():
        return
    films = [(f"{codec} {named(shape)}", dicom(folder, codec, shape)) for codec, shape in FILMS]
    films += [(f"{path.name} (real)", path) for codec, path in real().items() if codec != "PGM"]
    for name, path in films:
        command = [sys.executable, "-m", "benchmarks._peak", str(path)]
        child = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **FRESH_BLOCKS})
        peak = int(child.stdout.split()[-1])
        tags = read_tags(path)
        pixels = int(tags["source_rows"]) * int(tags["source_columns"]) * 2
        yield Line(
            f"peak memory, {name}", megabytes(peak), f"{megabytes(pixels)} stored pixels", peak / pixels, at_most(4)
        )


def megabytes(size: int) -> str:
    """A size in MB."""
    return f"{size / 1e6:.1f} MB"
