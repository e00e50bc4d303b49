"""Rows that belong together become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mammo_monai.datasets.patches.table import EDGES, TURN
from mammo_monai.evaluation.levels.rules import Rule
from mammo_monai.evaluation.levels.units import Key, together
from mammo_monai.evaluation.scored import Scored

_OF_ONE_ROW = frozenset({"predicted", "finding", TURN, *EDGES})
"""Columns that say nothing of the whole."""


def pooled(scored: Scored, keys: Sequence[Key], rule: Rule, order: Sequence[int]) -> Scored:
    """One row per key, in the order in which the keys first appear; its label is the most suspicious one.

    Args:
        scored: N rows.
        keys: N keys.
        rule: how probabilities are pooled.
        order: class indices from the least to the most suspicious.
    """
    members = together(keys)
    classes = np.asarray(order)
    suspicion = np.argsort(classes)[scored.labels]
    # Rounded ones may sum to 0.995, and the product of four such to 0.98.
    views = (scored.probabilities / scored.probabilities.sum(1, keepdims=True))[:, classes]
    probabilities = np.empty((len(members), len(classes)))
    for unit, rows in enumerate(members):
        probabilities[unit, classes] = rule(views[rows])
    return replace(
        scored,
        labels=classes[[suspicion[rows].max() for rows in members]],
        probabilities=probabilities,
        patients=scored.patients[[rows[0] for rows in members]],
        columns=_shared(scored.columns, members),
    )


def _shared(columns: Mapping[str, Sequence[str]], members: Sequence[Sequence[int]]) -> dict[str, tuple[str, ...]]:
    """The columns of the wholes: what all rows of one say, blank where they differ."""
    return {
        name: tuple(cells[rows[0]] if len({cells[row] for row in rows}) == 1 else "" for rows in members)
        for name, cells in columns.items()
        if name not in _OF_ONE_ROW
    }
