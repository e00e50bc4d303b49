"""Describe a datalist: tables, figures, examples and one page."""

from __future__ import annotations

import functools
from pathlib import Path

from mammo_monai.cli._table import table

_PRINTED = ("sections", "class_by_view", "left_out", "notes", "balance")


def describe(datalist: Path, *, out: Path, root: str = "", examples: int = 8) -> None:
    """Describe DATALIST in the folder OUT: index.html, which needs no other file, and its tables and figures.

    Counted by training, validation and test: class by view, BI-RADS and density of breasts and images, findings, age.
    What was left out or corrected, and the split's balance, are repeated from the datalist.

    Args:
        datalist: JSON file of 'mammo-monai datalist'.
        out: folder to write CSV, PNG and index.html into.
        root: the data set's folder, for examples of each class; without it no image is opened.
        examples: images per class.
    """
    from tqdm import tqdm

    from mammo_monai.datasets.datalist import read
    from mammo_monai.description.describe import describe as write
    from mammo_monai.errors import MammoError

    if examples < 1:
        raise MammoError(f"--examples {examples}: expected 1 or more", "usage")
    made, failed = write(
        read(datalist),
        out,
        Path(root) if root else None,
        examples=examples,
        progress=functools.partial(tqdm, desc="examples", unit="class", disable=None),
    )
    for found in made:
        if found.name in _PRINTED:
            print(table([(found.title, *found.header[1:]), *found.rows]), end="\n\n")
    for line in failed:
        print(f"not shown: {line}")
    print(f"description of {datalist} in {out / 'index.html'}")
