"""Readers' names as tables of readings need them: one spelling, and aided readings told from unaided ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from mammo_monai.errors import MammoError

LONGEST: Final = 60
AIDED: Final = " with AI"
"""Ends the name of a rater who had seen the model's result: another rater than the same reader without it."""
_TAKEN: Final = frozenset({"model", "na", "n/a", "nan", "none", "null", "unknown"})
"""What reader studies call the model, and what tables call a missing name."""


def reader_name(text: str, known: Iterable[str] = ()) -> str:
    """A reader's name, spelled as it was before.

    Args:
        text: as typed.
        known: names that the table has already.

    Raises:
        MammoError: reason ``bad-reader``.
    """
    name = " ".join(unicodedata.normalize("NFC", plain(text)).split())
    if not name or len(name) > LONGEST or name.casefold() in _TAKEN or name.casefold().endswith(AIDED.casefold()):
        raise MammoError(
            f"reader {name[:LONGEST]!r}: expected a name of 1 to {LONGEST} characters, not a word that tables use "
            f"otherwise and not one that ends in {AIDED.strip()!r}",
            "bad-reader",
        )
    return next((other for other in known if other.casefold() == name.casefold()), name)


def plain(text: str) -> str:
    """A text that any table can hold: no control characters but tabs and line ends, and no half characters."""
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in whole if sign in "\n\t" or unicodedata.category(sign) != "Cc")
