"""Which views there are of a breast, exam or patient: standard, missing, repeated, others, unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from mammo_monai.evaluation.levels.units import column, together, views
from mammo_monai.evaluation.scored import Scored

PROJECTIONS: Final = ("CC", "MLO")
"""Of both breasts: the four standard views of a screening exam."""


def missing(images: Scored, members: Sequence[Sequence[int]], level: str) -> list[str]:
    """The standard views that each unit lacks, divided by blanks: of four, at level "breast" of two.

    Args:
        images: one row per image.
        members: rows of each unit.
        level: of the units.
    """
    sides, shown = [side or "?" for side in column(images, "laterality")], column(images, "view")

    def lacks(rows: Sequence[int]) -> str:
        there = {f"{sides[row]}-{shown[row]}" for row in rows}
        expected = [
            f"{side}-{view}" for side in (sides[rows[0]] if level == "breast" else "LR") for view in PROJECTIONS
        ]
        return " ".join(name for name in expected if name not in there)

    return [lacks(rows) for rows in members]


def counted(images: Scored, lacking: Sequence[str]) -> dict[str, int]:
    """Notes on the views, by code.

    Returns:
        of images: ``repeated-views`` (beyond the first of their view), ``other-views`` (neither CC nor MLO),
        ``view-unknown``, ``laterality-unknown``, ``identity-conflict`` (tags, list and pixels disagree); of units:
        ``standard-views-complete`` and ``missing-<view>``.
    """
    shown = column(images, "view")
    notes = Counter(f"missing-{view}" for names in lacking for view in names.split())
    notes["standard-views-complete"] = sum(not names for names in lacking)
    notes["repeated-views"] = len(images) - len(together(views(images)))
    notes["other-views"] = sum(view not in ("", *PROJECTIONS) for view in shown)
    notes["view-unknown"] = shown.count("")
    notes["laterality-unknown"] = column(images, "laterality").count("")
    notes["identity-conflict"] = sum(map(bool, column(images, "conflict")))
    return notes
