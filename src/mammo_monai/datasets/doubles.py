"""One image in two places: what stands there again, and what its copies say differently.

A label speaks of a file or, at finding level and in a patch list, of a place in it; two files are copies if they have
one path or one content (SHA-256).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any, Final

from mammo_monai.datasets.levels import FINDING

Item = Mapping[str, Any]

CONTRADICTING: Final = "contradicting-labels"
"""Reason under which ``left_out`` counts copies that are labelled differently: none of them can be believed."""
DUPLICATE: Final = "duplicate"


def contradictions(items: Sequence[Item], sources: Sequence[int] | None = None) -> dict[int, int]:
    """Each item that a copy of the same thing contradicts, and the first item of that copy, as indices.

    Args:
        items: of a datalist; a content of "" was not looked at.
        sources: the datalist each comes from; one image of two lists is two copies. None if all come from one.
    """
    held: dict[Hashable, dict[Hashable, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, (item, source) in enumerate(zip(items, sources or [0] * len(items), strict=True)):
        for subject in _subjects(item):
            held[subject][source, item["image"]].append(index)
    found: dict[int, int] = {}
    for copies in held.values():
        # Several findings without coordinates are one subject, so what is compared is all that a copy says of it.
        said = [{items[i]["label"] for i in members} for members in copies.values()]
        firsts = [members[0] for members in copies.values()]
        other = next((first for labels, first in zip(said, firsts, strict=True) if labels != said[0]), None)
        if other is not None:
            for labels, members in zip(said, copies.values(), strict=True):
                found |= dict.fromkeys(members, other if labels == said[0] else firsts[0])
    return found


def repeated(items: Sequence[Item], sources: Sequence[int], used: Collection[int]) -> set[int]:
    """Which of the items ``used`` (indices) an earlier source holds already."""
    first: dict[Hashable, int] = {}
    for index in sorted(used, key=lambda index: sources[index]):
        for subject in _subjects(items[index]):
            first.setdefault(subject, sources[index])
    return {index for index in used if any(first[name] < sources[index] for name in _subjects(items[index]))}


def _subjects(item: Item) -> list[Hashable]:
    """What the label speaks of: the file, by path and by content, and the place in it."""
    marks = item["findings"] if FINDING in item else []
    place = json.dumps([item.get("box"), [[mark[key] for key in ("box", "circle", "outline")] for mark in marks]])
    return [(key, item[key], place) for key in ("image", "sha256") if item[key]]
