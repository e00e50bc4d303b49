"""The ``.OVERLAY`` file of a film: its abnormalities and their outlines, drawn as chain codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mammo_monai.dicom.ddsm.content import text
from mammo_monai.errors import MammoError

# (row, column) of codes 0..7: up, then clockwise.
STEPS: Final = np.array([(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)])
FURTHEST: Final = 1_000_000  # pixels; no film is a tenth as long
_PART: Final = re.compile(r"^\s*ABNORMALITY\s+\d+\s*$", re.MULTILINE)
_OUTLINE: Final = re.compile(r"^\s*(BOUNDARY|CORE)\b([^A-Z#]*)(#?)", re.MULTILINE)
_LINE: Final = re.compile(r"^[^\S\n]*([A-Z_]+)[^\S\n]*(.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Abnormality:
    """One ABNORMALITY block; texts as written, "" where they are missing.

    Attributes:
        lesion_types: every LESION_TYPE line, "MASS SHAPE IRREGULAR MARGINS ILL_DEFINED".
        assessment: BI-RADS category.
        pathology: MALIGNANT, BENIGN, BENIGN_WITHOUT_CALLBACK or UNPROVEN.
        boundary: pixels (row, column) of the outline, int, in order; they may lie off the film.
        cores: number of further outlines within the boundary.
        miscounted: TOTAL_OUTLINES is not the number of outlines.
    """

    lesion_types: tuple[str, ...]
    assessment: str
    pathology: str
    boundary: NDArray[np.int64]
    cores: int
    miscounted: bool


def read_overlay(path: Path) -> tuple[list[Abnormality], bool]:
    """Every abnormality, and whether the file holds more of them than it announces (as some do).

    Raises:
        MammoError: unreadable, an announced abnormality is not there, or a chain code is damaged or breaks off.
    """
    head, *parts = _PART.split(text(path).replace("\r", "\n"))
    announced = re.search(r"TOTAL_ABNORMALITIES\s+(\d+)", head)
    if announced is None:
        raise MammoError(f"{path}: expected TOTAL_ABNORMALITIES in the first line; copy it again", "bad-value")
    if int(announced[1]) > len(parts):
        raise MammoError(
            f"{path}: announces {announced[1]} abnormalities and breaks off after {len(parts)}; copy it again",
            "truncated-overlay",
        )
    found = [_abnormality(f"{path}, abnormality {number}", part) for number, part in enumerate(parts, 1)]
    return found, int(announced[1]) < len(parts)


def _abnormality(where: str, part: str) -> Abnormality:
    outlines = list(_outlines(where, part))
    boundary = next((chain for kind, chain in outlines if kind == "BOUNDARY"), None)
    if boundary is None:
        raise MammoError(f"{where}: has no BOUNDARY; copy it again", "truncated-overlay")
    lines = [(keyword, value) for keyword, value in _LINE.findall(part)]
    said = dict(lines)
    return Abnormality(
        lesion_types=tuple(value for keyword, value in lines if keyword == "LESION_TYPE"),
        assessment=said.get("ASSESSMENT", ""),
        pathology=said.get("PATHOLOGY", ""),
        boundary=boundary,
        cores=len(outlines) - 1,
        miscounted=said.get("TOTAL_OUTLINES") != str(len(outlines)),
    )


def _outlines(where: str, part: str) -> Iterator[tuple[str, NDArray[np.int64]]]:
    for kind, chain, end in _OUTLINE.findall(part):
        if not end:
            raise MammoError(f"{where}: its {kind} breaks off before '#'; copy it again", "truncated-overlay")
        yield kind, _pixels(where, kind, chain.split())


def _pixels(where: str, kind: str, words: list[str]) -> NDArray[np.int64]:
    """Starting column and row, then one code per step."""
    try:
        start, codes = (int(words[1]), int(words[0])), np.array([int(word) for word in words[2:]], np.intp)
        if max(map(abs, start)) > FURTHEST or not set(words[2:]) <= set("01234567"):
            raise ValueError
    except (IndexError, ValueError, OverflowError):
        raise MammoError(
            f"{where}: its {kind} is no chain code (column, row, then digits 0 to 7); copy it again", "bad-value"
        ) from None
    return np.cumsum(np.concatenate([np.array([start]), STEPS[codes]]), axis=0, dtype=np.int64)
