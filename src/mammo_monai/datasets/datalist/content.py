"""What a datalist is made of: its items, their counts, and the digest that vouches for them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any, Final

from mammo_monai.datasets.balance import balance
from mammo_monai.datasets.fingerprints import Fingerprint
from mammo_monai.datasets.levels import FINDING
from mammo_monai.datasets.records import SECTIONS, Record, value

Item = dict[str, Any]
Lists = Mapping[str, Sequence[Mapping[str, Any]]]

TEXTS: Final = ("patient", "exam", "laterality", "view")
FIELDS: Final = (*TEXTS, "birads", "pathology", "density", "age", "vendor", "device", "site")
KEYS: Final = frozenset({"image", "label", "dataset", *FIELDS, "findings", "sha256", "phash"})
"""What every item has."""
PREPARED: Final = "prepared"
NAMED: Final = 5
"""How many of a kind a datalist names."""


def item(record: Record, label: int, dataset: str, mark: Fingerprint) -> Item:
    """The item of one record."""
    index = record.extra.get(FINDING)
    return {
        "image": str(PurePosixPath(record.image)),
        "label": label,
        "dataset": dataset,
        **{field: value(record, field) or "" for field in FIELDS},
        "findings": [asdict(finding) for finding in record.findings],
        "sha256": mark.sha256,
        "phash": mark.phash,
        **({} if index is None else {FINDING: int(index)}),
    }


def counted(items: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> dict[str, int]:
    """Items of each class, in the order of the labels."""
    labels = Counter(item["label"] for item in items)
    return {name: labels[i] for i, name in enumerate(classes)}


def lacking(section: str, counts: Mapping[str, int]) -> list[str]:
    """Classes whose absence makes a section useless: any, but a test does with two."""
    absent = [name for name, count in counts.items() if not count]
    return absent if section != "test" or len(counts) - len(absent) < 2 else []


def named(names: Iterable[str]) -> list[str]:
    """The first few names."""
    return sorted(names)[:NAMED]


def signed(head: Mapping[str, Any], lists: Lists) -> dict[str, Any]:
    """A datalist of these lists; counts and digest are theirs, whatever ``head`` says."""
    counts = {section: counted(lists[section], head["classes"]) for section in SECTIONS}
    plain = {key: text for key, text in head.items() if key not in (*SECTIONS, "digest")}
    return {**plain, "counts": counts, "digest": digest_of(head["classes"], lists), **lists}


def rebuilt(datalist: Mapping[str, Any], lists: Lists, left_out: Sequence[str] = ()) -> dict[str, Any]:
    """A datalist with other lists: some items gone for the reasons ``left_out``, or changed."""
    reasons = Counter(datalist["left_out"]) + Counter(left_out)
    head = {
        **datalist,
        "left_out": dict(sorted(reasons.items())),
        "balance": balance(lists, datalist["asked"], datalist["stratify"], datalist["classes"]),
    }
    return signed(head, lists)


def digest_of(classes: Sequence[str], lists: Lists) -> str:
    """SHA-256 of the class names (a label is an index into them) and the three lists, as canonical JSON.

    Where a prepared store keeps an image is not part of it.
    """
    named = [[{key: part for key, part in item.items() if key != PREPARED} for item in lists[s]] for s in SECTIONS]
    text = json.dumps([classes, *named], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
