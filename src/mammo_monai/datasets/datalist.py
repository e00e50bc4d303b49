"""The datalist: one JSON file, decathlon-style, that says which image is trained, validated and tested on,
and as what.

Keys: ``name`` (data set), ``label_map``, ``label_note``, ``classes`` (in the order of the network's outputs),
``split``, ``ratios``, ``seed``, ``counts`` (images per section and class), ``left_out`` (records per reason),
``digest`` and the lists ``training``, ``validation``, ``test``. An item's ``image`` is relative to the data
set's root; boxes and circles of its ``findings`` are in source pixels (see
:class:`mammo_monai.datasets.records.Finding`).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

from mammo_monai.datasets.labels import LabelMap
from mammo_monai.datasets.records import SECTIONS, Record
from mammo_monai.datasets.selection import file_size, select
from mammo_monai.datasets.splits import assert_patient_disjoint, split
from mammo_monai.errors import MammoError
from mammo_monai.files import write_text

_AGAIN = "write it again with 'mammo-monai datalist'"
_TEXTS = ("patient", "exam", "laterality", "view")


def build(
    records: Sequence[Record],
    label_map: LabelMap,
    root: Path,
    *,
    name: str,
    method: str = "random",
    ratios: Sequence[float] = (70, 15, 15),
    seed: int = 0,
) -> dict[str, Any]:
    """The datalist of the records that have a file and a class; the others are counted under ``left_out``.

    Args:
        records: images of one data set, in any order: the result depends on what they say alone.
        label_map: decides the classes.
        root: folder the records' image paths are relative to.
        name: of the data set.
        method: see :func:`mammo_monai.datasets.splits.split`.
        ratios: see there.
        seed: see there.

    Raises:
        MammoError: what :func:`select` or :func:`split` refuses, none or one class only, a patient in two sections.
    """
    kept, left_out = select(records, label_map, root)
    classes = [str(label_map.label(record)) for record in kept]
    if len(set(classes)) < 2:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items())) or "nothing"
        raise MammoError(
            f"{root}: {len(kept)} of {len(records)} images are usable, of {len(set(classes))} class(es); "
            f"at least two are needed (left out: {why}); is {label_map.name} the right label map?",
            reason="one-class",
        )
    lists: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS}
    for record, label, section in zip(kept, classes, split(kept, classes, method, ratios, seed), strict=True):
        if section is None:
            left_out["no-official-split"] += 1
        else:
            lists[section].append(_item(record, label_map.classes.index(label)))
    _guard(lists)
    content: dict[str, Any] = {
        "name": name,
        "label_map": label_map.name,
        "label_note": label_map.note,
        "classes": list(label_map.classes),
        "split": method,
        "ratios": list(ratios),
        "seed": seed,
        "counts": {section: _count(items, label_map.classes) for section, items in lists.items()},
        "left_out": dict(sorted(left_out.items())),
    }
    return content | {"digest": _digest(content["classes"], lists)} | lists


def write(datalist: Mapping[str, Any], out: Path) -> None:
    """Write a datalist, one line per image, the same bytes each time; a failure leaves an earlier file alone.

    Raises:
        MammoError: a patient in two sections, or the file cannot be written.
    """
    _guard(datalist)
    head = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in datalist.items() if key not in SECTIONS]
    lists = [f'"{section}": [\n' + ",\n".join(map(json.dumps, datalist[section])) + "\n]" for section in SECTIONS]
    write_text(out, "{\n" + ",\n".join([*head, *lists]) + "\n}\n")


def read(path: str | Path) -> dict[str, Any]:
    """A datalist as it was written.

    Raises:
        MammoError: missing, no datalist, edited since it was written (its digest differs), or a patient in
            two sections.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MammoError(f"{path}: no such datalist; {_AGAIN}", "missing-datalist") from None
    except (OSError, ValueError, RecursionError) as error:
        raise MammoError(f"{path}: cannot be read as a datalist ({error}); {_AGAIN}", "bad-datalist") from None
    if not isinstance(content, dict) or not {"classes", "digest", *SECTIONS} <= set(content):
        raise MammoError(
            f"{path}: not a datalist of mammo-monai (classes, digest or a list missing); {_AGAIN}",
            "bad-datalist",
        )
    if content["digest"] != _digest(content["classes"], content):
        raise MammoError(f"{path}: edited after it was written (its digest differs); {_AGAIN}", "edited-datalist")
    _guard(content)
    return content


def load(path: str | Path, root: str | Path, section: str) -> list[dict[str, Any]]:
    """The items of one section, for a MONAI ``Dataset``.

    Args:
        path: the datalist.
        root: the data set's folder on this machine.
        section: "training", "validation" or "test".

    Returns:
        flat items: ``image`` (absolute path), ``label`` (int, index into :func:`class_names`), ``path``
            (relative to
        ``root``), ``patient``, ``exam``, ``laterality``, ``view`` (text, "" when unknown).

    Raises:
        MammoError: see :func:`read`; no such section; a class is absent from it (a test section may do without some,
            as long as two are left); an image is not under ``root``.
    """
    content = read(path)
    if section not in SECTIONS:
        raise MammoError(f"{path}: no section {section!r}; choose one of {', '.join(SECTIONS)}", "unknown-section")
    items = content[section]
    absent = [name for name, count in _count(items, content["classes"]).items() if not count]
    if (absent and section != "test") or len(content["classes"]) - len(absent) < 2:
        raise MammoError(
            f"{path}: section {section!r} has no image of class {', '.join(absent)}, so its AUC is undefined; give the "
            f"section more patients (--ratios) and {_AGAIN}",
            "absent-class",
        )
    base = Path(root).absolute()
    missing = [item["image"] for item in items if file_size(base / item["image"]) is None]
    if missing:
        raise MammoError(
            f"{base / missing[0]}: no such file ({len(missing)} of {len(items)} in section {section!r} "
            f"are missing); point dataset_dir at the data set's folder or {_AGAIN}",
            reason="missing-file",
        )
    return [
        {"image": str(base / item["image"]), "path": item["image"], "label": item["label"]}
        | {key: item[key] for key in _TEXTS}
        for item in items
    ]


def class_names(path: str | Path) -> list[str]:
    """Class names in the order of the labels."""
    return list(read(path)["classes"])


def class_counts(path: str | Path, section: str) -> list[int]:
    """Images of each class in one section, in the order of the labels."""
    content = read(path)
    return list(_count(content[section], content["classes"]).values())


def digest(path: str | Path) -> str:
    """The digest of a datalist's contents (SHA-256, hexadecimal)."""
    return str(read(path)["digest"])


def _item(record: Record, label: int) -> dict[str, Any]:
    return {
        "image": str(PurePosixPath(record.image)),
        "label": label,
        **{key: getattr(record, key) or "" for key in (*_TEXTS, "birads", "pathology", "density")},
        "findings": [asdict(finding) for finding in record.findings],
    }


def _guard(lists: Mapping[str, Any]) -> None:
    assert_patient_disjoint({section: [item["patient"] for item in lists[section]] for section in SECTIONS})


def _count(items: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> dict[str, int]:
    labels = Counter(item["label"] for item in items)
    return {name: labels[i] for i, name in enumerate(classes)}


def _digest(classes: Sequence[str], lists: Mapping[str, Any]) -> str:
    """SHA-256 of the class names (a label is an index into them) and the three lists, as canonical JSON."""
    content = [classes, *(lists[section] for section in SECTIONS)]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
