"""What must not stand in two sections: a patient, an exam, a file's content, or two images that look the same.

A *bond* joins the items that share one of these; items joined by bonds, directly or through others, are a *group*,
which a split never divides (docs/decisions/010-splits-and-the-leakage-guard.md).
"""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mammo_monai.datasets.perceptual_hash import near_pairs
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.errors import MammoError

Item = Mapping[str, Any]

KINDS: Final = ("patient", "exam", "content", "near")
LEAK: Final = "leak"
"""Reason under which ``left_out`` counts what ``--leaks drop`` took away."""
SHOWN: Final = 10
MARK: Final = "leak"
"""Entry of every item of a list that leaks on purpose; the digest vouches for it, so none can be declared so later."""
ON_PURPOSE: Final = "patient-leak-on-purpose"
WARNING: Final = (
    "patients stand in several sections ON PURPOSE (--split patches): figures on this list are too good, by how much "
    "nobody knows; show them only beside those of the patient split"
)

_PLURAL: Final = {
    "patient": "patients",
    "exam": "exams",
    "content": "files of equal content",
    "near": "pairs of near-duplicates",
}
_KEYS: Final = {"patient": ("dataset", "patient"), "exam": ("dataset", "exam"), "content": ("sha256",)}


@dataclass(frozen=True, slots=True)
class Bond:
    """Items that belong together.

    Attributes:
        kind: one of :data:`KINDS`.
        name: patient or exam, or the paths of the images.
        members: indices of the items.
    """

    kind: str
    name: str
    members: tuple[int, ...]


def bonds(items: Sequence[Item], near: bool = True) -> Iterator[Bond]:
    """Every bond of two or more items.

    Patients and exams are those of a data set; near-duplicates are never looked for within one patient.

    Args:
        items: of a datalist; a content or hash of "" was not looked at.
        near: whether to compare hashes, which takes seconds for 20,000 images.
    """
    for kind, keys in _KEYS.items():
        held = defaultdict(list)
        for index, item in enumerate(items):
            held[tuple(item[key] for key in keys)].append(index)
        for name, members in held.items():
            if len(members) > 1 and name[-1]:
                shown = name[-1] if kind != "content" else " = ".join(dict.fromkeys(items[i]["image"] for i in members))
                yield Bond(kind, shown, tuple(members))
    if near:
        yield from _near(items)


def groups(items: Sequence[Item], found: Sequence[Bond]) -> list[str]:
    """The group of each item, named after its first patient; ``found`` are the bonds of ``items``."""
    parent = list(range(len(items)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    for bond in found:
        first = root(bond.members[0])
        for member in bond.members[1:]:
            parent[root(member)] = first
    names: dict[int, str] = {}
    for index, item in enumerate(items):
        name = f"{item['dataset']} {item['patient']}"
        names[root(index)] = min(name, names.get(root(index), name))
    return [names[root(index)] for index in range(len(items))]


def joined(items: Sequence[Item], found: Iterable[Bond]) -> dict[str, list[str]]:
    """The names of the bonds that join different patients, by kind."""
    names: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for bond in found:
        if len({(items[i]["dataset"], items[i]["patient"]) for i in bond.members}) > 1:
            names[bond.kind].append(bond.name)
    return {kind: bonds for kind, bonds in names.items() if bonds}


def without_leaks(fates: Sequence[str], group: Sequence[str]) -> list[str]:
    """Sections from which whatever shares a group with a later one is gone, its place taken by :data:`LEAK`.

    Args:
        fates: section of each item, or anything else for one that is in none; the later of :data:`SECTIONS` stays.
        group: of each item.
    """
    rank = {section: place for place, section in enumerate(SECTIONS)}
    last: dict[str, int] = {}
    for fate, name in zip(fates, group, strict=True):
        last[name] = max(last.get(name, 0), rank.get(fate, 0))
    return [LEAK if rank.get(fate, 0) < last[name] else fate for fate, name in zip(fates, group, strict=True)]


def guard(lists: Mapping[str, Sequence[Item]], near: bool = True) -> None:
    """Let nothing stand in two sections. A list whose items all say that they leak on purpose gives a warning instead.

    Raises:
        MammoError: reason "patient-leak", "exam-leak", "content-leak" or "near-leak", naming what leaks and where.
    """
    items = [item for section in SECTIONS for item in lists[section]]
    if items and all(item.get(MARK) == ON_PURPOSE for item in items):
        warnings.warn(WARNING, stacklevel=2)
        return
    refuse(bonds(items, near), [section for section in SECTIONS for _ in lists[section]])


def refuse(found: Iterable[Bond], places: Sequence[str]) -> None:
    """Raise, as :func:`guard` does, for a bond between items of two sections; ``places`` may say other things, too."""
    leaks = []
    for bond in found:
        held = {places[i] for i in bond.members}
        sections = [section for section in SECTIONS if section in held]
        if len(sections) > 1:
            leaks.append((KINDS.index(bond.kind), f"{bond.kind} {bond.name} ({', '.join(sections)})"))
    if not leaks:
        return
    counts = Counter(KINDS[kind] for kind, _ in leaks)
    kinds = [kind for kind in KINDS if counts[kind]]
    named = [text for _, text in sorted(leaks)]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    raise MammoError(
        f"{', '.join(f'{counts[kind]} {_PLURAL[kind]}' for kind in kinds)} stand in two sections: "
        f"{'; '.join(named[:SHOWN])}{more}; keep the test and leave them out of the rest with --leaks drop, "
        "divide by --split random, or correct the tables",
        reason=f"{kinds[0]}-leak",
    )


def _near(items: Sequence[Item]) -> Iterator[Bond]:
    firsts = {item["image"]: index for index, item in reversed(list(enumerate(items))) if item["phash"]}
    indices = sorted(firsts.values())
    for i, j, distance in near_pairs([items[index]["phash"] for index in indices]):
        one, other = items[indices[i]], items[indices[j]]
        if (one["dataset"], one["patient"]) != (other["dataset"], other["patient"]):
            yield Bond("near", f"{one['image']} ~ {other['image']} ({distance} bits)", (indices[i], indices[j]))
