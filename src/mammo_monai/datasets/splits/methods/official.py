"""The data set's own test is kept; its training is drawn anew only where it has no validation."""

from __future__ import annotations

from collections.abc import Sequence

from mammo_monai.datasets.records import Record
from mammo_monai.datasets.splits.methods import OPEN
from mammo_monai.errors import MammoError


def assign(records: Sequence[Record]) -> list[str]:
    """The official section; "no-official-split" for a record that has none.

    Raises:
        MammoError: no record is of an official test.
    """
    sections = [record.split or "no-official-split" for record in records]
    if "test" not in sections:
        raise MammoError("this data set has no official test split; use --split random", "no-official-split")
    if "validation" in sections:
        return sections
    return [OPEN if section == "training" else section for section in sections]
