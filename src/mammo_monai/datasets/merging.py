"""One datalist of several: data sets keep their names, sections stay, and what leaks or gives the class away shows."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mammo_monai.datasets.balance import balance
from mammo_monai.datasets.confounding import confounding
from mammo_monai.datasets.datalist.content import PREPARED, Item, signed
from mammo_monai.datasets.leakage import KINDS, LEAK, bonds, groups, refuse, without_leaks
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.errors import MammoError

EQUAL: Final = ("classes", "label_map", "level")

Datalist = Mapping[str, Any]


def merge(datalists: Sequence[Datalist], roots: Sequence[Path], leaks: str = "error") -> tuple[dict[str, Any], Path]:
    """All images of several datalists, each in the section it has.

    Args:
        datalists: as :func:`mammo_monai.datasets.datalist.read` gives them.
        roots: folder of each one's data set.
        leaks: "error", or "drop" to leave out of training and validation what leaks into a later section.

    Returns:
        the datalist, with ``sources`` and ``confounding``, and the folder its images are relative to.

    Raises:
        MammoError: another number of roots, roots without a common folder, one data set's name at two roots,
            unequal classes, label maps or levels, or a leak.
    """
    if leaks not in ("error", "drop"):
        raise MammoError(f"--leaks {leaks}: expected error or drop", "usage")
    if len(datalists) < 2 or len(roots) != len(datalists):
        raise MammoError(f"{len(datalists)} datalists and {len(roots)} --roots; give two or more, a root each", "usage")
    common = _common(roots)
    _check(datalists, roots)
    items, places = [], []
    for datalist, root in zip(datalists, roots, strict=True):
        folder = Path(os.path.relpath(root.absolute(), common)).as_posix()
        for section in SECTIONS:
            items += [_moved(item, folder) for item in datalist[section]]
            places += [section] * len(datalist[section])
    found = list(bonds(items))
    if leaks == "drop":
        places = without_leaks(places, groups(items, found))
    refuse(found, places)
    lists = {s: [item for item, place in zip(items, places, strict=True) if place == s] for s in SECTIONS}
    return _assembled(datalists, items, lists, places.count(LEAK)), common


def _assembled(
    datalists: Sequence[Datalist], items: Sequence[Item], lists: Mapping[str, Sequence[Item]], dropped: int
) -> dict[str, Any]:
    first, kept = datalists[0], [item for section in SECTIONS for item in lists[section]]
    stratify = [name for name in first["stratify"] if all(name in other["stratify"] for other in datalists)]
    asked = {section: len(lists[section]) / max(1, len(kept)) for section in SECTIONS}
    left_out = sum((Counter(datalist["left_out"]) for datalist in datalists), Counter({LEAK: dropped}))
    checked = [kind for kind in KINDS if all(kind in datalist["guard"]["checked"] for datalist in datalists)]
    head = {
        "name": "+".join(dict.fromkeys(str(datalist["name"]) for datalist in datalists)),
        **{key: first[key] for key in ("label_map", "label_note", "level", "classes")},
        "split": "merged",
        "stratify": stratify,
        "notes": dict(sum((Counter(datalist["notes"]) for datalist in datalists), Counter())),
        "guard": {
            "checked": checked,
            "files": all(datalist["guard"]["files"] for datalist in datalists),
            "near": first["guard"]["near"],
            "without_phash": len({item["image"] for item in items if not item["phash"]}),
        },
        "asked": asked,
        "balance": balance(lists, asked, stratify, first["classes"]),
        "left_out": {reason: count for reason, count in sorted(left_out.items()) if count},
        "sources": [
            {key: datalist[key] for key in ("name", "split", "seed", "digest") if key in datalist}
            for datalist in datalists
        ],
        "confounding": confounding(kept, first["classes"]),
    }
    return signed(head, lists)


def _moved(item: Mapping[str, Any], folder: str) -> Item:
    """The item with its paths relative to the common folder."""
    paths = {key: (Path(folder) / item[key]).as_posix() for key in ("image", PREPARED) if key in item}
    findings = [
        {**finding, "mask": finding["mask"] and (Path(folder) / finding["mask"]).as_posix()}
        for finding in item["findings"]
    ]
    return {**item, **paths, "findings": findings}


def _common(roots: Sequence[Path]) -> Path:
    absent = [root for root in roots if not root.is_dir()]
    if absent:
        raise MammoError(f"{absent[0]}: no such folder; --roots are the folders of the data sets", "missing-root")
    try:
        common = Path(os.path.commonpath([root.absolute() for root in roots]))
    except ValueError:  # two drives
        common = Path(roots[0].absolute().anchor)
    if common == Path(common.anchor):
        raise MammoError(
            f"--roots {','.join(map(str, roots))}: no folder in common but {common}; put the data sets (or links to "
            "them) under one folder",
            "no-common-root",
        )
    return common


def _check(datalists: Sequence[Datalist], roots: Sequence[Path]) -> None:
    first = datalists[0]
    for other in datalists[1:]:
        for key in EQUAL:
            if other[key] != first[key]:
                raise MammoError(
                    f"{key} of {first['name']} is {first[key]}, of {other['name']} {other[key]}; write the datalists "
                    "with the same --labels and --level",
                    "unequal-datalists",
                )
    places: dict[str, Path] = {}
    for datalist, root in zip(datalists, roots, strict=True):
        if places.setdefault(datalist["name"], root.absolute()) != root.absolute():
            raise MammoError(
                f"two data sets are called {datalist['name']!r}, so their patients cannot be told apart; write one "
                "datalist again with another --name",
                "equal-names",
            )
