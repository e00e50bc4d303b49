"""What is fixed before anything is drawn; one module per method of ``--split``, found by listing this folder.

A method has ``assign(records, **options)``, which gives each record a section, :data:`OPEN` where it is to be drawn, or
else the reason it is left out for. Sections that no record is given are drawn; its options are those of the command.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Final

from mammo_monai import listing
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError

OPEN: Final = "open"


def names() -> list[str]:
    """The methods there are."""
    return listing.names(__name__)


def assign(method: str, records: Sequence[Record], options: Mapping[str, str]) -> list[str]:
    """What ``method`` says of each record.

    Raises:
        MammoError: no such method or option, an option that is missing, or records the method does not fit.
    """
    chosen = listing.load(__name__, method, f"no split {method!r}; choose one of", "unknown-split").assign
    own = [name for name in inspect.signature(chosen).parameters if name != "records"]
    if sorted(own) != sorted(options):
        expected = " and ".join(f"--{name}" for name in own) or "no option of its own"
        raise MammoError(f"--split {method} takes {expected}", "usage")
    fates: list[str] = chosen(records, **options)
    return fates
