"""Compare a downloaded data set with its published counts and open every file."""

from __future__ import annotations

import functools
import json as jsonlib
from pathlib import Path
from typing import Any

from mammo_monai.cli._table import table

_SHOWN = 5


def verify(dataset: str, *, root: Path, json: bool = False, pixels: bool = False, **options: str) -> int:
    """Compare DATASET (see 'mammo-monai datasets') under its root with its published counts, and open every
    file.

    Exits with 1 when a count differs or a file is missing or unreadable.

    Args:
        dataset: name of the data set.
        root: its folder.
        json: print one JSON object for machines.
        pixels: decode every image; else headers alone are read.
        options: the data set's own (see 'mammo-monai datasets DATASET').
    """
    from tqdm import tqdm

    from mammo_monai.datasets import adapters
    from mammo_monai.datasets.verification import verify as compare
    from mammo_monai.dicom.image import read_image, read_tags

    records = adapters.read(dataset, root, **options)
    report = compare(
        records,
        root,
        adapters.load(dataset).PUBLISHED,
        check=read_image if pixels else read_tags,
        progress=functools.partial(tqdm, desc=f"opening {dataset}", unit="file", disable=None),
    )
    print(
        jsonlib.dumps({"dataset": dataset, "root": str(root), **report}, indent=1) if json else _text(dataset, report)
    )
    return 0 if report["ok"] else 1


def _text(dataset: str, report: dict[str, Any]) -> str:
    rows = [
        (name, count["found"], count["published"], "differs" if name in report["differences"] else "")
        for name, count in report["counts"].items()
    ]
    lines = [table([(dataset, "found", "published", ""), *rows])]
    for title in ("missing", "unreadable"):
        paths = list(report[title])
        lines += [f"{title}: {len(paths)} files", *(f"  {path}" for path in paths[:_SHOWN])]
        lines += [f"  ... and {len(paths) - _SHOWN} more"] if len(paths) > _SHOWN else []
    lines += [f"  {found['message']}" for found in list(report["unreadable"].values())[:_SHOWN]]
    verdict = "complete" if report["ok"] else "NOT as published" if report["differences"] else "NOT complete"
    return "\n".join([*lines, f"{dataset}: {verdict} ({len(report['differences'])} counts differ)"])
