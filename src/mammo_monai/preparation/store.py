"""A prepared store on disk: which preprocessing it is of, its datalist, and what could not be prepared."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mammo_monai.datasets.datalist import rebuilt, write
from mammo_monai.datasets.records import SECTIONS
from mammo_monai.errors import MammoError
from mammo_monai.files import write_text
from mammo_monai.preparation.chain import Chain
from mammo_monai.preparation.entry import Outcome, prepared_path

IDENTITY, FAILURES = "store.json", "failures.csv"
KEPT_FREE = 0.02
"""Share of the disk that is left free."""


def open_store(store: Path, chain: Chain, options: Mapping[str, Any], name: str) -> None:
    """Begin a store, or go on with one of the same preprocessing.

    Several datalists (folds) may share a store; the one called ``name`` is gone from it until it is finished.

    Raises:
        MammoError: the folder holds something else or a store of other preprocessing, or cannot be written.
    """
    identity = {"steps": chain.steps, "options": dict(options)}
    file = store / IDENTITY
    if file.is_file():
        found = json.loads(file.read_text(encoding="utf-8"))
        if found.get("steps") != chain.steps:
            raise MammoError(
                f"{store}: holds a store of other preprocessing (options {json.dumps(found.get('options'))}); choose "
                "another --out, or delete it",
                reason="other-store",
            )
    elif store.exists() and (not store.is_dir() or any(store.iterdir())):
        raise MammoError(f"{store}: holds something other than a prepared store; choose another --out", "not-empty")
    (store / name).unlink(missing_ok=True)
    write_text(file, json.dumps(identity, indent=2) + "\n")


def check_space(store: Path, outcomes: Sequence[Outcome], images: int) -> int:
    """Bytes the whole store will take, judged by the first images.

    Raises:
        MammoError: reason ``disk-full``, when that is more than there is.
    """
    sizes = [outcome.bytes for outcome in outcomes if outcome.bytes]
    needed = int(sum(sizes) / len(sizes) * images) if sizes else 0
    disk = shutil.disk_usage(store)
    there = sum(outcome.bytes for outcome in outcomes)
    if needed - there > disk.free - KEPT_FREE * disk.total:
        raise MammoError(
            f"{store}: {images} images need about {needed / 1e9:.1f} GB and {disk.free / 1e9:.1f} GB are free; free "
            "space, choose another --out or a smaller --spatial_size",
            reason="disk-full",
        )
    return needed


def close_store(store: Path, datalist: Mapping[str, Any], failures: Mapping[str, Outcome], name: str) -> dict[str, Any]:
    """Write the table of failures and then, as ``name``, the datalist of what was prepared.

    Raises:
        MammoError: nothing was prepared, or the store cannot be written.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("path", "reason", "message"))
    rows.writerows((path, failed.reason, failed.message) for path, failed in sorted(failures.items()))
    write_text(store / FAILURES, text.getvalue())
    lists = {
        section: [
            {**item, "prepared": prepared_path(item["image"])}
            for item in datalist[section]
            if item["image"] not in failures
        ]
        for section in SECTIONS
    }
    if not any(lists.values()):
        first = next(iter(failures.values())).message
        raise MammoError(f"{store}: no image could be prepared; the first failure: {first}", "nothing-prepared")
    made = rebuilt(datalist, lists, [outcome.reason for outcome in failures.values()])
    write(made, store / name)
    return made
