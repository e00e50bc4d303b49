"""Which item of a datalist each row of predictions is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mammo_monai.datasets.patches.table import EDGES, TURN
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.evaluation.scored import Scored, identities, identity_columns
from mammo_monai.reporting.context import Item


def joined(scored: Scored, datalist: Mapping[str, Any], section: str) -> list[Item | None]:
    """N items, by data set, path, box, turn and finding as far as the table has them; None where there is none.

    Args:
        scored: N rows.
        datalist: as read.
        section: part of the datalist that the rows are of; another word looks in all of it.
    """
    items = datalist[section] if section in SECTIONS else [item for part in SECTIONS for item in datalist[part]]
    columns = _columns(items)
    titles = identity_columns(scored.columns, columns)
    by_identity = dict(zip(identities(columns, titles, len(items)), items, strict=True)) if titles else {}
    return [by_identity.get(identity) for identity in identities(scored.columns, titles, len(scored))]


def _columns(items: Sequence[Item]) -> dict[str, list[str]]:
    """The items' identity as the table of predictions writes it."""
    boxes = [item.get("box") or [""] * len(EDGES) for item in items]
    return {
        "dataset": [item["dataset"] for item in items],
        "path": [item["image"] for item in items],
        "image": [item["image"] for item in items],
        TURN: [str(item.get(TURN, 0)) if "box" in item else "" for item in items],
        "finding": [str(item.get("finding", "")) for item in items],
        **{edge: _texts(box[place] for box in boxes) for place, edge in enumerate(EDGES)},
    }


def _texts(cells: Iterable[object]) -> list[str]:
    return [str(cell) for cell in cells]
