"""Copies of patches, each laid down another way: the augmentation that the studies made before they divided.

T. Ao and B. Zhang, "Mammography Classification Using Deep Learning Methods", section 3.2, enlarge their set by flipped
and turned copies, since "the orientation of the mass images doesn't affect its pathology". Quarter turns resample
nothing, so that a copy has the very pixels of its original. What augments while training needs no copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mammo_monai.datasets.patches.table import TURN

Item = dict[str, Any]


def copied(items: Sequence[Item], copies: int) -> list[Item]:
    """Every patch ``copies`` times, with the turns 0 to ``copies`` - 1 (:mod:`mammo_monai.transforms.turns`)."""
    if copies == 1:
        return list(items)
    return [{**item, TURN: turn} for item in items for turn in range(copies)]
