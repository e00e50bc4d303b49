"""Compare a downloaded data set with its published counts and open every file."""

from __future__ import annotations

import functools
import json as jsonlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_monai.cli._table import table
from mammo_monai.errors import MammoError

if TYPE_CHECKING:
    from mammo_monai.datasets.records import Record

_SHOWN = 5


def verify(
    dataset: str, *, root: Path, json: bool = False, pixels: bool = False, labels_only: bool = False, **options: str
) -> int:
    """Compare DATASET (see 'mammo-monai datasets') under its root with its published counts, and open every file.

    Says which counts differ; which files are missing, unreadable, of equal content, or listed by nobody; where
    table, DICOM tags and pixels contradict each other on side or view; what was corrected and left out. Exits
    with 1 for anything of that but unlisted files, corrections and what the data set itself leaves out.

    Args:
        dataset: name of the data set.
        root: its folder.
        json: print one JSON object for machines.
        pixels: decode every image and look for the breast in it; else headers alone are read.
        labels_only: open no file, judge the counts alone and say which files are missing.
        options: the data set's own (see 'mammo-monai datasets DATASET').
    """
    from tqdm import tqdm

    from mammo_monai.datasets import adapters
    from mammo_monai.datasets.verification import verify as compare

    if pixels and labels_only:
        raise MammoError("--pixels opens what --labels-only leaves closed; give one of them", "usage")
    records = adapters.read(dataset, root, **options)
    report = compare(
        records,
        root,
        adapters.published(adapters.load(dataset), **options),
        depth="pixels" if pixels else "labels" if labels_only else "tags",
        progress=lambda opened, total: tqdm(opened, f"opening {dataset}", total, unit="image", disable=None),
    )
    print(
        jsonlib.dumps({"dataset": dataset, "root": str(root), **report}, indent=1)
        if json
        else _text(dataset, report, _sources(records), opened=not labels_only)
    )
    return 0 if report["ok"] else 1


def _sources(records: Sequence[Record]) -> dict[str, str]:
    """The row that names each path."""
    return {path: record.source for record in records for path in (record.image, *record.others) if record.source}


def _text(dataset: str, report: Mapping[str, Any], sources: Mapping[str, str], *, opened: bool) -> str:
    rows = [
        (name, count["found"], count["published"], "differs" if name in report["differences"] else "")
        for name, count in report["counts"].items()
    ]
    named = functools.partial(_named, sources)
    problems = {
        "missing": ("files", map(named, report["missing"])),
        "unreadable": ("files", (named(path, why["message"]) for path, why in report["unreadable"].items())),
        "duplicates": ("groups of equal content", (" = ".join(map(named, same)) for same in report["duplicates"])),
        "conflicts": ("images", (_contradiction(named(one["path"]), one) for one in report["conflicts"])),
        "unlisted": ("images no table names", report["unlisted"]),
    }
    lines = [table([(dataset, "found", "published", ""), *rows])]
    for title, (unit, shown) in problems.items():
        if opened or title == "missing":
            lines += _listed(f"{title}: {len(report[title])} {unit}", list(shown))
    lines += [f"note: {n} {code}" for code, n in report["notes"].items()]
    lines += [f"left out by the data set's rules: {n} {code}" for code, n in report["excluded"].items()]
    text = "\n".join([*lines, f"{dataset}: {_verdict(report)}"])
    return text.encode(errors="backslashreplace").decode()  # a file's name need not be text


def _listed(title: str, items: Sequence[str]) -> list[str]:
    more = [f"  ... and {len(items) - _SHOWN} more (--json names all)"] if len(items) > _SHOWN else []
    return [title, *(f"  {item}" for item in items[:_SHOWN]), *more]


def _named(sources: Mapping[str, str], path: str, text: str = "") -> str:
    """The path, or a text that names it, and the row that does."""
    return f"{text or path} ({sources[path]})" if path in sources else text or path


def _contradiction(path: str, conflict: Mapping[str, str]) -> str:
    said = ", ".join(f"{who} {conflict[who]}" for who in ("table", "tags", "pixels") if conflict[who])
    return f"{path}: {conflict['what']}: {said}"


def _verdict(report: Mapping[str, Any]) -> str:
    if report["differences"]:
        return f"NOT as published ({len(report['differences'])} counts differ)"
    if report["ok"] and report["missing"]:
        return "labels as published, files missing"
    return "complete" if report["ok"] else "NOT complete"
