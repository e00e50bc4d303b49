"""One datalist of several: data sets keep their names, sections stay, and what leaks or gives the class away shows."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from mammo_monai.datasets.balance import balance
from mammo_monai.datasets.confounding import confounding
from mammo_monai.datasets.datalist.content import PREPARED, Item, named, signed
from mammo_monai.datasets.datalist.loading import located
from mammo_monai.datasets.doubles import CONTRADICTING, DUPLICATE, contradictions, repeated
from mammo_monai.datasets.leakage import KINDS, bonds, groups, joined, refuse, without_leaks
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.errors import MammoError

EQUAL: Final = ("classes", "label_map", "level")

Datalist = Mapping[str, Any]


def merge(datalists: Sequence[Datalist], roots: Sequence[Path], leaks: str = "error") -> tuple[dict[str, Any], Path]:
    """All images of several datalists, each in the section it has.

    An image that an earlier list holds already, by path or content, is left out ("duplicate"); if the lists label it
    differently, it is left out altogether ("contradicting-labels").

    Args:
        datalists: as :func:`mammo_monai.datasets.datalist.read` gives them.
        roots: folder of each one's data set.
        leaks: "error", or "drop" to leave out of training and validation what leaks into a later section.

    Returns:
        the datalist, with ``sources`` and ``confounding``, and the folder its images are relative to.

    Raises:
        MammoError: another number of roots, roots without a common folder, one data set's name at two roots,
            unequal classes, label maps or levels, an image that is not there (unless its list was made without looking
            at files), or a leak.
    """
    if leaks not in ("error", "drop"):
        raise MammoError(f"--leaks {leaks}: expected error or drop", "usage")
    if len(datalists) < 2 or len(roots) != len(datalists):
        raise MammoError(f"{len(datalists)} datalists and {len(roots)} --roots; give two or more, a root each", "usage")
    common = _common(roots)
    _check(datalists, roots)
    items, places, sources = [], [], []
    for source, (datalist, root) in enumerate(zip(datalists, roots, strict=True)):
        _check_files(datalist, root)
        folder = Path(os.path.relpath(root.absolute(), common)).as_posix()
        for section in SECTIONS:
            items += [_moved(item, folder) for item in datalist[section]]
            places += [section] * len(datalist[section])
            sources += [source] * len(datalist[section])
    found = list(bonds(items))
    if leaks == "drop":
        places = without_leaks(places, groups(items, found))
    refuse(found, places)
    against = contradictions(items, sources)
    places = [CONTRADICTING if index in against else place for index, place in enumerate(places)]
    again = repeated(items, sources, [index for index, place in enumerate(places) if place in SECTIONS])
    places = [DUPLICATE if index in again else place for index, place in enumerate(places)]
    lists = {s: [item for item, place in zip(items, places, strict=True) if place == s] for s in SECTIONS}
    out: dict[str, list[str]] = defaultdict(list)
    for index, (item, place) in enumerate(zip(items, places, strict=True)):
        if place not in SECTIONS:
            other = f": contradicted by {items[against[index]]['image']}" if index in against else ""
            out[place].append(item["image"] + other)
    kept = (replace(bond, members=tuple(i for i in bond.members if places[i] in SECTIONS)) for bond in found)
    return _assembled(datalists, lists, out, joined(items, kept)), common


def _assembled(
    datalists: Sequence[Datalist],
    lists: Mapping[str, Sequence[Item]],
    out: Mapping[str, Sequence[str]],
    bonds_of_patients: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """The merged datalist; ``out`` are the images that the merge leaves out, by reason."""
    first, kept = datalists[0], [item for section in SECTIONS for item in lists[section]]
    stratify = [name for name in first["stratify"] if all(name in other["stratify"] for other in datalists)]
    asked = {section: len(lists[section]) / max(1, len(kept)) for section in SECTIONS}
    left_out = sum(
        (Counter(datalist["left_out"]) for datalist in datalists),
        Counter({reason: len(names) for reason, names in out.items()}),
    )
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
            "without_phash": len({item["image"] for item in kept if not item["phash"]}),
            "bonds_of_patients": {kind: len(names) for kind, names in bonds_of_patients.items()},
            "bonds_of_patients_first": {kind: named(names) for kind, names in bonds_of_patients.items()},
        },
        "asked": asked,
        "balance": balance(lists, asked, stratify, first["classes"]),
        "left_out": {reason: count for reason, count in sorted(left_out.items()) if count},
        "left_out_first": {reason: named(names) for reason, names in sorted(out.items())},
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


def _check_files(datalist: Datalist, root: Path) -> None:
    if datalist["guard"]["files"]:
        items = [item for section in SECTIONS for item in datalist[section]]
        located(items, root, f"of {datalist['name']}", "give --roots in the order of the datalists")


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
