"""The vocabulary of a record: from a table's text to the one spelling we use.

Every function takes a non-empty text and raises ``ValueError`` whose message is what was expected; blank
cells and words for "unknown" never arrive here (see :meth:`mammo_monai.datasets.tables.Row.get`).
"""

from __future__ import annotations

import ast
import math
import re

from mammo_monai.datasets.records import SECTIONS

_BIRADS = re.compile(r"(?:BI-?RADS[ :_-]*)?([0-6](?:\.0)?|4[ABC])", re.IGNORECASE)
_DENSITY = re.compile(r"(?:DENSITY[ :_-]*)?([A-D]|[1-4](?:\.0)?)", re.IGNORECASE)
_LATERALITY = {"l": "L", "left": "L", "r": "R", "right": "R"}
_PATHOLOGY = {
    "normal": "normal",
    "benign": "benign",
    "benign_without_callback": "benign",  # CBIS-DDSM's third word
    "malignant": "malignant",
}
_LONGEST_LIST = 1000
_AGE = re.compile(r"(\d{1,3})(?:\.\d+)?([DWMY]?)", re.IGNORECASE)
_PER_YEAR = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}
_FLAGS = {"0": "0", "1": "1", "0.0": "0", "1.0": "1", "false": "0", "true": "1"}


def birads(text: str) -> str:
    """Read "BI-RADS 4", "4a", "2.0" (a number column with gaps) -> "4", "4A", "2"."""
    found = _BIRADS.fullmatch(text)
    if not found:
        raise ValueError("a BI-RADS category (0..6, 4A, 4B, 4C)")
    return found[1].upper().removesuffix(".0")


def density(text: str) -> str:
    """Read "DENSITY C", "c", "3" -> "C" (ACR a..d; 1..4 of the fourth edition)."""
    found = _DENSITY.fullmatch(text)
    if not found:
        raise ValueError("a breast density (A..D or 1..4)")
    letter = found[1][0].upper()
    return letter if letter.isalpha() else "ABCD"[int(letter) - 1]


def laterality(text: str) -> str:
    """Read "left", "L" -> "L"."""
    return _known(text, _LATERALITY, "a laterality (L or R)")


def pathology(text: str) -> str:
    """Read "MALIGNANT", "BENIGN_WITHOUT_CALLBACK" -> "malignant", "benign"."""
    return _known(text, _PATHOLOGY, "a pathology (normal, benign, malignant)")


def view(text: str) -> str:
    """Read "mlo" -> "MLO". Data sets use abbreviations beyond CID 4014, so none is refused."""
    return text.upper()


def section(text: str) -> str:
    """The name of an official split: training, validation or test."""
    return _known(text, {name: name for name in SECTIONS}, "a split (training, validation, test)")


def age(text: str) -> str:
    """Whole years of "53", "53.0" or a DICOM age string ("053Y", "640M"); "" for 0, which no patient is."""
    found = _AGE.fullmatch(text)
    if not found:
        raise ValueError("an age in years such as 53 or 053Y")
    years = int(int(found[1]) / _PER_YEAR[found[2].upper() or "Y"])
    return str(years) if years else ""


def flag(text: str) -> str:
    """Read "0", "1", "True", "1.0" -> "0", "1", "1", "1"."""
    return _known(text, _FLAGS, "0 or 1")


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("a number")
    return value


def names(text: str) -> tuple[str, ...]:
    """Read a printed Python list of names, "['Mass', 'Skin Thickening']"; as data, never evaluated."""
    try:
        listed = ast.literal_eval(text) if len(text) <= _LONGEST_LIST else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        listed = None
    if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
        raise ValueError("a list of names such as ['Mass']")
    return tuple(listed)


def _known(text: str, spellings: dict[str, str], expected: str) -> str:
    try:
        return spellings[text.lower()]
    except KeyError:
        raise ValueError(expected) from None
