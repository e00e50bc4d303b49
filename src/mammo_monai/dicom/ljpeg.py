"""DDSM films: ``.LJPEG`` files, whose size, depth and digitiser stand in the ``.ics`` file beside them."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mammo_monai.dicom.codestream import inspect
from mammo_monai.dicom.ddsm import digitizer, pvrg
from mammo_monai.dicom.ddsm.content import content
from mammo_monai.dicom.ddsm.ics import Case, Film, read_ics
from mammo_monai.dicom.refusals import check_size
from mammo_monai.errors import MammoError

FILM: Final = re.compile(r"(\w+)\.((?:LEFT|RIGHT)_\w+)\.LJPEG(?:\.GZ)?", re.IGNORECASE)
STRAY: Final = 0.01  # share of pixels that may exceed the film's bits


def is_ljpeg(path: Path) -> bool:
    """True for the name of a DDSM film, ``A_1141_1.LEFT_CC.LJPEG`` with or without ``.gz``.

    By name and not by content: without the ``.ics`` of its case the content is not an image yet.
    """
    return FILM.fullmatch(path.name) is not None


def read_ljpeg(path: Path, max_pixels: int, allow: Collection[str]) -> NDArray[np.uint16]:
    """Decode one film and calibrate it.

    Args:
        path: the film; ``A-1141-1.ics`` lies in the same folder.
        max_pixels: see :func:`~mammo_monai.dicom.refusals.check_size`.
        allow: lifted reason codes.

    Returns:
        (lines, pixels per line) of the ``.ics``, uint16, linear in optical density: 0 is density 4 and more (black,
        air), 65535 density 0 (white). So tissue is bright and all digitisers share one scale.

    Raises:
        MammoError: ``missing-ics``, ``unknown-digitizer``, ``size-mismatch``, ``truncated-pixels``,
            ``too-many-pixels`` or ``unreadable``.
    """
    case, film = _header(path)
    scanner = digitizer.find(case.letter, case.digitizer)
    if scanner is None:
        raise MammoError(
            f"{case.exam}.ics names digitizer {case.digitizer!r}, and no curve from its grey levels to optical density "
            f"is known for cases {case.letter}; leave it out",
            "unknown-digitizer",
        )
    check_size(film.lines, film.pixels_per_line, max_pixels, allow)
    words = _words(content(path, 4 * max(max_pixels, film.lines * film.pixels_per_line)), case, film)
    stray = np.count_nonzero(words >= 1 << film.bits) / words.size
    if stray > STRAY:
        raise MammoError(
            f"{stray:.0%} of its pixels exceed the {film.bits} bits of {case.exam}.ics; copy it again", "unreadable"
        )
    return digitizer.brightness(scanner)[words]


def _header(path: Path) -> tuple[Case, Film]:
    name = FILM.fullmatch(path.name)
    if name is None:
        raise MammoError("expected a name such as A_1141_1.LEFT_CC.LJPEG; rename it back", "bad-name")
    exam = name[1].replace("_", "-").upper()
    headers = [file for file in path.parent.iterdir() if file.name.upper() in (f"{exam}.ICS", f"{exam}.ICS.GZ")]
    if not headers:
        raise MammoError(f"{exam}.ics does not lie beside it; its size and digitizer stand there only", "missing-ics")
    case = read_ics(headers[0])
    film = case.films.get(name[2].upper())
    if film is None:
        raise MammoError(f"{headers[0].name} lists no {name[2].upper()}; copy it again", "missing-ics")
    return case, film


def _words(stream: bytes, case: Case, film: Film) -> NDArray[np.uint16]:
    """Grey levels in the shape of the ``.ics``, whatever shape the stream claims."""
    found = inspect(stream)
    if found is None or found.codec != "jpeg":
        raise MammoError("its content is no lossless JPEG; copy it again", "unreadable")
    if not found.complete:
        raise MammoError("its JPEG data ends before its end marker; copy it again", "truncated-pixels")
    if found.rows * found.columns != film.lines * film.pixels_per_line:
        raise MammoError(
            f"it holds {found.rows} x {found.columns} pixels, and {case.exam}.ics says {film.lines} x "
            f"{film.pixels_per_line}; copy both again",
            "size-mismatch",
        )
    return pvrg.decode(stream).reshape(film.lines, film.pixels_per_line)
