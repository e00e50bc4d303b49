"""A described datalist as one HTML page that needs no other file and runs no script."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from mammo_monai.description.montage import Montage
from mammo_monai.description.tables import Table
from mammo_monai.files import write_text
from mammo_monai.notice import NOTICE

_FACTS = {
    "label_map": "Labels",
    "label_note": "Their meaning",
    "level": "Level",
    "split": "Split",
    "ratios": "Ratios",
    "seed": "Seed",
    "guard": "Leakage guard",
    "digest": "Digest",
}


def write_page(
    path: Path,
    datalist: Mapping[str, Any],
    tables: Sequence[tuple[Table, Path | None]],
    montages: Sequence[tuple[str, Montage, Path]] | None,
) -> None:
    """Write the page.

    Args:
        path: the HTML file.
        datalist: as read.
        tables: each with its figure, if it has one.
        montages: class, what is shown, and the picture; None when no image was opened.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["shown"] = _shown
    template = environment.from_string(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    facts = {title: _fact(datalist[key]) for key, title in _FACTS.items() if datalist.get(key) not in (None, "")}
    page = template.render(
        list={"name": "", "label_map": "", **datalist},
        facts=facts,
        tables=[(table, figure and _embedded(figure)) for table, figure in tables],
        montages=montages and [(name, found, found.shown and _embedded(file)) for name, found, file in montages],
        notice=NOTICE,
    )
    write_text(path, page)


def _fact(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_fact(part)}" for key, part in value.items() if part != {})
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _embedded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")


def _shown(cell: object) -> str:
    """Whole numbers with thousands apart, shares with two places."""
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:.2f}" if isinstance(cell, float) else str(cell)
