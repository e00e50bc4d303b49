"""File to cropped 512x512 float tensor, against the fastest exact decode of the same file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np

from benchmarks._chain import chain
from benchmarks._films import files
from benchmarks._table import Line, at_most, timed
from benchmarks._timing import interleaved
from mammo_monai.dicom.encapsulation import frame_bytes
from mammo_monai.dicom.header import open_header

DECODERS: dict[str, Callable[[bytes], Any]] = {
    "JPEG Lossless": imagecodecs.jpeg8_decode,
    "JPEG-LS": imagecodecs.jpegls_decode,
    "JPEG 2000": lambda frame: imagecodecs.jpeg2k_decode(frame, numthreads=cv2.getNumberOfCPUs()),
    "HTJ2K": imagecodecs.htj2k_decode,
}


def lines(folder: Path) -> Iterator[Line]:
    """One line per film. J2K takes every core on both sides; a PGM has nothing to decode but bytes to read."""
    preprocess = chain()
    for name, codec, path in files(folder):
        decode = bare_decode(codec, path)
        pairs = interleaved(lambda path=path: preprocess({"image": path}), decode, budget=2.5)
        yield timed(f"file to tensor, {name}", pairs, "decode", at_most(1.3))


def bare_decode(codec: str, path: Path) -> Callable[[], Any]:
    """Read the file's bytes and decode them, the place of the code stream being known beforehand."""
    if codec == "PGM":
        return lambda: np.frombuffer(path.read_bytes(), np.uint8)
    with path.open("rb") as stream:
        opened = open_header(path, stream)
        assert opened.stream is not None
        frame = frame_bytes(opened.stream.read(), 1)
    return lambda: (path.read_bytes(), DECODERS[codec](frame))
