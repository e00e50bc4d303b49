"""JPEG 2000: two threads against one, and the opt-in decoding at a reduced resolution against the exact one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2

from benchmarks._chain import SIZE, chain
from benchmarks._films import FILM, LARGE, dicom, named, real
from benchmarks._table import Line, timed, times_faster
from benchmarks._timing import interleaved
from mammo_monai.dicom.image import read_image

WHITE = 65535


def lines(folder: Path) -> Iterator[Line]:
    """Per film: all cores against one, and file to tensor with ``reduce_to`` against without."""
    films = [(f"JPEG 2000 {named(shape)}", dicom(folder, "JPEG 2000", shape)) for shape in (FILM, LARGE)]
    films += [(f"{path.name} (real)", path) for codec, path in real().items() if codec == "JPEG 2000"]
    cores = cv2.getNumberOfCPUs()
    for name, path in films:
        pairs = interleaved(
            lambda path=path: read_image(path, threads=cores), lambda path=path: read_image(path, threads=1)
        )
        yield timed(f"reading with {cores} threads, {name}", pairs, "1 thread", times_faster(1))
        exact, reduced = chain(), chain(reduce_to=min(SIZE))
        pairs = interleaved(
            lambda path=path, reduced=reduced: reduced({"image": path}),
            lambda path=path, exact=exact: exact({"image": path}),
        )
        what = f"reduced resolution to tensor, {name} (differs by {difference(path):.2f} % of span)"
        yield timed(what, pairs, "exact", times_faster(5))


def difference(path: Path) -> float:
    """Mean absolute difference of the 512x512 pixels before z-scoring, in percent of black to white."""
    exact = chain(last="OrientBreastd")({"image": path})["image"]
    reduced = chain(last="OrientBreastd", reduce_to=min(SIZE))({"image": path})["image"]
    return float((exact.as_tensor().int() - reduced.as_tensor().int()).abs().double().mean()) / WHITE * 100
