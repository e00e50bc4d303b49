"""From records to datalists: select, fingerprint, divide, count."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from mammo_monai.datasets.balance import STRATIFIED, balance, check, values
from mammo_monai.datasets.datalist.content import Item, item, named, signed
from mammo_monai.datasets.doubles import CONTRADICTING, contradictions
from mammo_monai.datasets.fingerprints import Fingerprint
from mammo_monai.datasets.inventory import unlisted
from mammo_monai.datasets.labels import LabelMap
from mammo_monai.datasets.leakage import KINDS, bonds, groups, joined, refuse
from mammo_monai.datasets.perceptual_hash import NEAR
from mammo_monai.datasets.records import SECTIONS, Record, value
from mammo_monai.datasets.selection import LeftOut, select
from mammo_monai.datasets.splits.division import Division, divide
from mammo_monai.errors import MammoError

Fingerprints = Callable[[Sequence[str]], Mapping[str, "Fingerprint | MammoError"]]
"""From image paths to what :func:`mammo_monai.datasets.fingerprints.fingerprints` returns."""

UNREADABLE: Final = "unreadable"


def build(records: Sequence[Record], label_map: LabelMap, root: Path, *, name: str, **options: Any) -> dict[str, Any]:
    """One datalist; the same as :func:`build_all` without folds."""
    return build_all(records, label_map, root, name=name, **options)[0]


def build_all(
    records: Sequence[Record],
    label_map: LabelMap,
    root: Path,
    *,
    name: str,
    level: str = "stated",
    views: Sequence[str] = (),
    kinds: Sequence[str] = (),
    method: str = "random",
    split_options: Mapping[str, str] | None = None,
    ratios: Sequence[float] = (70, 15, 15),
    folds: int = 0,
    seed: int = 0,
    stratify: Sequence[str] = STRATIFIED,
    leaks: str = "error",
    files: bool = True,
    fingerprints: Fingerprints | None = None,
) -> list[dict[str, Any]]:
    """The datalists, one per fold, of the records that have a file and a class; the others are under ``left_out``.

    So are all files of equal content that are labelled differently. Classes without an image are no error here, since
    a list may be made to be merged; :func:`~.loading.load` refuses them.

    Args:
        records: images of one data set, in any order: the result depends on what they say alone.
        label_map: decides the classes.
        root: folder the records' image paths are relative to.
        name: of the data set; patients and exams are known by it and their own name.
        level: of the labels, see :func:`mammo_monai.datasets.levels.at_level`.
        views: only images of these; all if empty.
        kinds: only images with a finding of these kinds or with none; all if empty.
        method: see :mod:`mammo_monai.datasets.splits.methods`.
        split_options: of the method.
        ratios: training : validation : test, see :func:`mammo_monai.datasets.splits.division.divide`.
        folds: 0 for one datalist by ``ratios``.
        seed: of the draw.
        stratify: attributes that are spread evenly, see :data:`mammo_monai.datasets.balance.ATTRIBUTES`.
        leaks: "error", or "drop" to leave out of training and validation what leaks into a later section.
        files: whether the images have to be there.
        fingerprints: makes them; None leaves contents and near-duplicates unchecked, and ``guard`` says so.

    Raises:
        MammoError: what :func:`select` or :func:`divide` refuses, no usable image, or a leak.
    """
    check(stratify)
    if leaks not in ("error", "drop"):
        raise MammoError(f"--leaks {leaks}: expected error or drop", "usage")
    kept, left_out = select(records, label_map, root, level, files, views, kinds)
    marks = fingerprints([record.image for record in kept]) if fingerprints else {}
    kept, items = _items(kept, marks, label_map, name, left_out)
    if not items:
        raise _nothing_usable(records, left_out, label_map, level, root)
    found = list(bonds(items))
    attributes = [values(item, stratify, label_map.classes) for item in items]
    divisions = divide(
        kept, groups(items, found), attributes, method=method, ratios=ratios, seed=seed, folds=folds,
        drop_leaks=leaks == "drop", options=split_options,
    )  # fmt: skip
    for division in divisions:
        refuse(found, division.fates)
    held = joined(items, found)
    head = {
        "name": name,
        "label_map": label_map.name,
        "label_note": label_map.note,
        "level": level,
        "views": list(views),
        "kinds": list(kinds),
        "classes": list(label_map.classes),
        "split": method,
        "split_options": dict(split_options or {}),
        "ratios": list(ratios),
        "folds": folds,
        "seed": seed,
        "stratify": list(stratify),
        "notes": _notes(kept),
        "guard": {
            "checked": list(KINDS if fingerprints else KINDS[:2]),
            "files": files,
            "near": NEAR,
            "without_phash": len({item["image"] for item in items if not item["phash"]}),
            "bonds_of_patients": {kind: len(names) for kind, names in held.items()},
            "bonds_of_patients_first": {kind: named(names) for kind, names in held.items()},
        },
        **(_unlisted(records, root) if files else {}),
    }
    return [
        _datalist({**head, "fold": fold if folds else None}, kept, items, division, left_out)
        for fold, division in enumerate(divisions)
    ]


def _items(
    kept: Sequence[Record], marks: Mapping[str, Fingerprint | MammoError], label_map: LabelMap, name: str, out: LeftOut
) -> tuple[list[Record], list[Item]]:
    """The records that can be read and their items."""
    readable, items = [], []
    for record in kept:
        mark = marks.get(record.image, Fingerprint("", ""))
        if isinstance(mark, MammoError):
            out[UNREADABLE].append(record)
        else:
            readable.append(record)
            items.append(item(record, label_map.classes.index(str(label_map.label(record))), name, mark))
    return readable, items


def _datalist(
    head: Mapping[str, Any], kept: Sequence[Record], items: Sequence[Item], division: Division, left_out: LeftOut
) -> dict[str, Any]:
    lists: dict[str, list[Item]] = {section: [] for section in SECTIONS}
    reasons = defaultdict(list, {reason: [_name(record) for record in records] for reason, records in left_out.items()})
    against, label = contradictions(items), head["classes"]
    for index, (record, entry, fate) in enumerate(zip(kept, items, division.fates, strict=True)):
        if index in against:
            other = against[index]
            text = f"{label[entry['label']]}, but {label[items[other]['label']]} in {_name(kept[other])}"
            reasons[CONTRADICTING].append(f"{_name(record)}: {text}")
        elif fate in lists:
            lists[fate].append(entry)
        else:
            reasons[fate].append(_name(record))
    return signed(
        {
            **head,
            "asked": division.asked,
            "balance": balance(lists, division.asked, head["stratify"], head["classes"]),
            "left_out": {reason: len(names) for reason, names in sorted(reasons.items())},
            "left_out_first": {reason: named(names) for reason, names in sorted(reasons.items())},
        },
        lists,
    )


def _nothing_usable(
    records: Sequence[Record], left_out: LeftOut, label_map: LabelMap, level: str, root: Path
) -> MammoError:
    """Why there is nothing to list: the field that the label map reads is nowhere, or what was left out."""
    field = label_map.source_field
    if records and not any(value(record, field) for out in left_out.values() for record in out):
        others = ", ".join(sorted({repr(name) for record in records for name in record.extra})) or "none"
        return MammoError(
            f"{root}: none of {len(records)} images has a {field!r} at level {level}, which label map {label_map.name} "
            f"reads; choose other --labels or another --level, or (data set table) name the column with --{field} "
            f"NAME; columns with no meaning yet: {others}",
            reason="no-such-label",
        )
    why = ", ".join(f"{len(out)} {reason}" for reason, out in sorted(left_out.items())) or "nothing"
    return MammoError(
        f"{root}: none of {len(records)} images is usable (left out: {why}); check --root and whether "
        f"{label_map.name} is the right label map",
        reason="nothing-usable",
    )


def _unlisted(records: Sequence[Record], root: Path) -> dict[str, Any]:
    """Images under the root that no record names; a file's name need not be text."""
    found = unlisted(root, {path for record in records for path in (record.image, *record.others)})
    names = [path.encode(errors="backslashreplace").decode() for path in found]
    return {"unlisted": len(names), "unlisted_first": named(names)}


def _notes(kept: Sequence[Record]) -> dict[str, int]:
    """Images of each code; an image of several findings counts once."""
    return dict(sorted(Counter(note for _, note in {(r.image, note) for r in kept for note in r.notes}).items()))


def _name(record: Record) -> str:
    path = str(PurePosixPath(record.image))
    return f"{path} ({record.source})" if record.source else path
