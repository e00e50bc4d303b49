"""Rows by what they show: each attribute's groups, and whether a group is too small to say much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from mammo_monai.evaluation.scored import Scored
from mammo_monai.reporting.context import Context, Item

ATTRIBUTES: Final = {
    "view": "View",
    "laterality": "Side",
    "density": "Density",
    "age": "Age",
    "vendor": "Vendor",
    "dataset": "Data set",
    "site": "Site",
    "birads": "BI-RADS",
    "finding": "Finding",
}
FEWEST, FEWEST_PATIENTS = 10, 5
"""Rows and patients of each class below which a group is small."""
DECADE = 10
OLDEST = 120


def groups(context: Context, attribute: str) -> dict[str, list[int]]:
    """Row indices of each value, by value; rows where it is not known are in none.

    Args:
        context: whose items are asked, else the columns of its table.
        attribute: one of :data:`ATTRIBUTES`; a row of several findings is in several groups.
    """
    items: Sequence[Item | None] = context.items or [None] * len(context.scored)
    found: dict[str, list[int]] = defaultdict(list)
    for row, (item, cell) in enumerate(zip(items, _column(context, attribute), strict=True)):
        for value in _values(item, attribute) if item else [cell]:
            if value := _band(value) if attribute == "age" else value:
                found[value].append(row)
    return dict(sorted(found.items()))


def _column(context: Context, attribute: str) -> Sequence[str]:
    """Cells of the table; ``finding`` is an index there, which says nothing."""
    return [""] * len(context.scored) if attribute == "finding" else context.column(attribute)


def _values(item: Item, attribute: str) -> list[str]:
    if attribute != "finding":
        return [str(item.get(attribute) or "")]
    words = {str(word) for finding in item["findings"] for word in finding["categories"]}
    return sorted(words) or ["none"]


def _band(age: str) -> str:
    """Years as a decade, "" where they are no age."""
    try:
        years = float(age)
    except ValueError:
        return ""
    if not 0 <= years <= OLDEST:
        return ""
    first = int(years // DECADE) * DECADE
    return f"{first} to {first + DECADE - 1}"


def small(part: Scored) -> bool:
    """Whether a class has too few rows or patients for a figure to say much."""
    of_class = [part.labels == index for index in range(len(part.class_names))]
    return any(rows.sum() < FEWEST or len(np.unique(part.patients[rows])) < FEWEST_PATIENTS for rows in of_class)
