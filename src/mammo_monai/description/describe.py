"""Everything there is to say about a datalist, in one folder: CSV, PNG and one page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from mammo_monai.datasets.records import SECTIONS
from mammo_monai.description.montage import Montage, write_montage
from mammo_monai.description.page import write_page
from mammo_monai.description.plots import plot_bars
from mammo_monai.description.tables import Table, tables
from mammo_monai.errors import MammoError
from mammo_monai.files import write_text

TILE = 200


def describe(
    datalist: Mapping[str, Any],
    out: Path,
    root: Path | None = None,
    *,
    examples: int = 8,
    progress: Callable[[list[str]], Iterable[str]] = iter,
) -> tuple[list[Table], list[str]]:
    """Write ``index.html``, a CSV per table, a PNG per table by section and one per class with examples.

    Args:
        datalist: as :func:`mammo_monai.datasets.datalist.read` gives it.
        out: the folder.
        root: the data set's folder; None opens no image.
        examples: images per class.
        progress: wraps the classes while their examples are read.

    Returns:
        the tables, and one line per image that could not be shown.

    Raises:
        MammoError: no item, ``root`` is no folder, or ``out`` cannot be written.
    """
    if not any(datalist[section] for section in SECTIONS):
        raise MammoError("the datalist has no image; write it again with 'mammo-monai datalist'", "empty-datalist")
    if root is not None and not root.is_dir():
        raise MammoError(f"{root}: no such folder; --root is the folder of the data set", "missing-root")
    made = tables(datalist)
    figures: list[tuple[Table, Path | None]] = []
    for table in made:
        write_text(out / f"{table.name}.csv", _csv(table))
        figure = out / f"{table.name}.png" if table.bars else None
        if figure:
            plot_bars(table, figure)
        figures.append((table, figure))
    montages: list[tuple[str, Montage, Path]] | None = None
    if root is not None:
        montages = []
        for name in progress(datalist["classes"]):
            index = datalist["classes"].index(name)
            items = [item for section in SECTIONS for item in datalist[section] if item["label"] == index]
            picture = out / f"examples_{index}.png"  # a class's name need not be a file's
            montages.append((name, write_montage(items, root, picture, count=examples, tile=TILE), picture))
    write_page(out / "index.html", datalist, figures, montages)
    return made, [line for _, montage, _ in montages or [] for line in montage.failed]


def _csv(table: Table) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([table.header, *table.rows])
    return text.getvalue()
