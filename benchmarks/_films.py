"""Films to time on: synthetic ones in the sizes of real detectors, and the real ones where they are."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np

from mammo_monai.phantom.dicom_writer import Encoding, write_dicom
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.plan import plan_exams
from mammo_monai.phantom.presentation import VOIS, Identity, store
from mammo_monai.phantom.transfer_syntax import TRANSFER_SYNTAXES

Shape = tuple[int, int]
DETECTOR, FILM, LARGE, SMALL = (3328, 2560), (4664, 3064), (5355, 4915), (1024, 1024)
SYNTAXES = {
    "JPEG Lossless": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
    "HTJ2K": "1.2.840.10008.1.2.4.201",
}
REAL = {
    "JPEG Lossless": "mg-dicom/GH133.dcm",
    "JPEG 2000": "mg-dicom/MG1_J2KI",
    "PGM": "mini-mias/mdb001.pgm",
}


def named(shape: Shape) -> str:
    """Rows x columns."""
    return f"{shape[0]}x{shape[1]}"


@cache
def brightness(shape: Shape) -> np.ndarray:
    """A left CC view (rows, columns), 0 to 1: a quarter of it breast, with quantum noise; air is even."""
    return expose(plan_exams(1, 0)[0], "L", "CC", *shape).brightness


def stored(shape: Shape) -> np.ndarray:
    """The same as a decoder hands it over: 12-bit values in uint16, or uint8 for the size of digitised film."""
    if shape == SMALL:
        return np.rint(brightness(shape) * 255).astype(np.uint8)
    return store(brightness(shape), Identity(), inverted=False)


def dicom(folder: Path, codec: str, shape: Shape) -> Path:
    """The same as a DICOM file in one of ``SYNTAXES``, written once per run."""
    path = folder / f"{codec} {named(shape)}.dcm"
    if not path.exists():
        syntax = next(syntax for syntax in TRANSFER_SYNTAXES if syntax.uid == SYNTAXES[codec])
        write_dicom(path, plan_exams(1, 0)[0], "L", "CC", brightness(shape), Encoding(syntax, VOIS[0], False))
    return path


def pgm(folder: Path) -> Path:
    """The same as an 8-bit PGM of the size of mini-MIAS."""
    path = folder / "small.pgm"
    path.write_bytes(b"P5\n%d %d\n255\n" % SMALL[::-1] + stored(SMALL).tobytes())
    return path


def real() -> dict[str, Path]:
    """Real films by kind; none where ``MAMMO_SHARED`` (or ``../shared/data`` beside the checkout) is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    root = Path(os.environ.get("MAMMO_SHARED", default))
    return {kind: root / name for kind, name in REAL.items() if (root / name).is_file()}


def files(folder: Path) -> list[tuple[str, str, Path]]:
    """(name, codec, file) of every film that is read from a file, synthetic ones first."""
    made = [(codec, DETECTOR) for codec in SYNTAXES] + [("JPEG 2000", FILM), ("JPEG 2000", LARGE)]
    synthetic = [(f"{codec} {named(shape)}", codec, dicom(folder, codec, shape)) for codec, shape in made]
    synthetic.append((f"PGM {named(SMALL)}", "PGM", pgm(folder)))
    return synthetic + [(f"{codec} {path.name} (real)", codec, path) for codec, path in real().items()]
