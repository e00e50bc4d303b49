"""Which rows make up one image, one view of an exam, one breast, one exam, one patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.scored import Scored

IDENTITY: Final = {
    "image": (),
    "breast": ("patient", "exam", "laterality"),
    "exam": ("patient", "exam"),
    "patient": ("patient",),
}
"""Columns that tell the units of a level apart, besides ``dataset``; an image has its path."""
IMAGE: Final = ("path", "image", "id")
"""Columns that name an image, the first that is there; without any, every row is an image."""

Key = tuple[str, ...]


def together(keys: Iterable[Hashable]) -> list[list[int]]:
    """Indices of equal keys, in the order in which the keys first appear."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        groups[key].append(index)
    return list(groups.values())


def column(scored: Scored, name: str) -> Sequence[str]:
    """A column, blank where the table has none of this name."""
    return scored.columns.get(name) or ("",) * len(scored)


def uncontradicted(scored: Scored) -> Scored:
    """The rows without a side where their ``conflict`` contradicts it: such an image is pooled with no other one."""
    cells = zip(column(scored, "laterality"), column(scored, "conflict"), strict=True)
    sides = tuple("" if "laterality" in conflict else side for side, conflict in cells)
    return replace(scored, columns={**scored.columns, "laterality": sides})


def images(scored: Scored) -> list[Key]:
    """The image of each row."""
    name = next((name for name in IMAGE if name in scored.columns), "")
    named = scored.columns[name] if name else [f"row {i}" for i in range(len(scored))]
    return list(zip(column(scored, "dataset"), named, strict=True))


def views(scored: Scored) -> list[Key]:
    """The view of each row: exam, side and projection; where one of these is not known, the image by itself."""
    place = zip(*(column(scored, name) for name in ("dataset", *IDENTITY["breast"], "view")), strict=True)
    return [key if all(key[2:]) else image for key, image in zip(place, images(scored), strict=True)]


def units(scored: Scored, level: str) -> list[Key]:
    """The unit of each row. Where the side is unknown, the image is all that is known of its breast.

    Raises:
        MammoError: no such level, or a column that it needs is missing or blank in a row.
    """
    if level not in IDENTITY:
        raise MammoError(f"no level {level!r}; choose one of {', '.join(IDENTITY)}", "unknown-level")
    if level == "image":
        return images(scored)
    needed = "patient" if level == "patient" else "exam"
    if blank := sum(not cell for cell in column(scored, needed)):
        raise MammoError(
            f"predictions: {blank} of {len(scored)} rows without {needed}, expected one in each to judge by {level}; "
            "fill in the column or judge images",
            "missing-column",
        )
    whole = list(zip(*(column(scored, name) for name in ("dataset", *IDENTITY[level])), strict=True))
    return [key if key[-1] else (*key, *image) for key, image in zip(whole, images(scored), strict=True)]
