"""How evenly a datalist's sections came out: asked and got, for every value of every attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mammo_monai.datasets.records import SECTIONS
from mammo_monai.errors import MammoError

Item = Mapping[str, Any]

STRATIFIED: Final = ("class", "density", "view", "finding", "vendor")
"""Attributes that are spread evenly unless others are asked for."""
ATTRIBUTES: Final = (*STRATIFIED, "laterality", "birads", "pathology", "device", "site")
"""All that may be asked for."""


def check(attributes: Sequence[str]) -> None:
    """Raise for a name that is no attribute."""
    unknown = sorted(set(attributes) - set(ATTRIBUTES))
    if unknown:
        raise MammoError(f"--stratify {unknown[0]}: choose among {', '.join(ATTRIBUTES)}", "usage")


def values(item: Item, attributes: Sequence[str], classes: Sequence[str]) -> list[tuple[str, str]]:
    """What an item has: (attribute, value), none where the value is unknown, several findings where it has them."""
    own = {**item, "class": classes[item["label"]]}
    held = [(name, own[name]) for name in attributes if name != "finding" and own[name]]
    if "finding" in attributes:
        words = {word for finding in item["findings"] for word in finding["categories"]}
        held += [("finding", word) for word in sorted(words)]
    return held


def balance(
    lists: Mapping[str, Sequence[Item]], asked: Mapping[str, float], attributes: Sequence[str], classes: Sequence[str]
) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """Images of every value: attribute -> value -> section -> {"asked", "got"}.

    Args:
        lists: items of each section.
        asked: share of all images that each section should have.
        attributes: among :data:`ATTRIBUTES`.
        classes: names by label.
    """
    got = {
        section: Counter(held for item in lists[section] for held in values(item, attributes, classes))
        for section in SECTIONS
    }
    total = sum(got.values(), Counter())
    table: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    for name, value in sorted(total, key=lambda held: (attributes.index(held[0]), held[1])):
        table.setdefault(name, {})[value] = {
            section: {"asked": round(asked[section] * total[name, value], 1), "got": got[section][name, value]}
            for section in SECTIONS
        }
    return table
