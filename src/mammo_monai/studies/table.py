"""The file of a study: named rows, each nothing but settings of one bundle's config."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mammo_monai.bundle_config import as_values
from mammo_monai.classical import models
from mammo_monai.errors import MammoError
from mammo_monai.names import nearest, same

STUDY_KEYS = ("name", "note", "baseline", "common", "rows")
ROW_TEXTS = ("name", "note", "seen", "classical", "against")
ROW_KEYS = (*ROW_TEXTS, "preset", "overlay")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]*")


@dataclass(frozen=True)
class Row:
    """One model of a study.

    Attributes:
        name: of the row and of its folder.
        presets: names of overlays in the bundle's ``configs/presets``, applied in this order.
        overlay: ids of the bundle's ``train.json`` and their values, over the presets.
        note: what it is, for people.
        seen: what the source of the study reports for it, printed beside our figure.
        classical: name of a model of :mod:`mammo_monai.classical.models` that takes the network's place, "" for none.
        against: the row it is compared with; the study's baseline if empty.
    """

    name: str
    presets: tuple[str, ...] = ()
    overlay: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    seen: str = ""
    classical: str = ""
    against: str = ""


@dataclass(frozen=True)
class Study:
    """Rows that are compared with the row ``baseline``; ``common`` are ids for all of them, under the presets."""

    name: str
    note: str
    baseline: str
    common: Mapping[str, Any]
    rows: tuple[Row, ...]


def read(path: Path) -> Study:
    """A study from JSON or CSV.

    JSON: ``name``, ``note``, ``baseline`` (without it the first row), ``common``, ``rows``, each of ``name``, ``note``,
    ``preset`` (a name or several), ``overlay``, ``seen``, ``classical``, ``against``. CSV: one row each, with columns
    ``name``, ``preset`` (several separated by blanks), those other texts and any ids, JSON where a cell is JSON, not
    set where it is empty; the first row is the baseline, the file's name that of the study.

    Raises:
        MammoError: unreadable, an unknown key, a row without a usable name, two rows of one name, an unknown baseline.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = _from_csv(path.stem, text) if path.suffix.lower() == ".csv" else json.loads(text)
    except FileNotFoundError:
        raise MammoError(f"{path}: no such study file", "missing-study") from None
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        raise MammoError(f"{path}: cannot be read as a study ({error}); expected JSON or CSV", "bad-study") from None
    try:
        return _study(content, path.stem)
    except MammoError as error:
        raise MammoError(f"{path}: {error}", error.reason) from None


def _study(content: object, stem: str) -> Study:
    given = _known(content, STUDY_KEYS, "the study")
    rows = given.get("rows")
    if not isinstance(rows, list) or not rows:
        raise MammoError('"rows" must be a list with at least one row', "bad-study")
    made = tuple(_row(row, f"row {number}") for number, row in enumerate(rows, 1))
    names = [row.name for row in made]
    if twice := same(names):
        raise MammoError(f"two rows are called {twice!r}; rename one", "duplicate-row")
    name, note, baseline = (str(given.get(key, "")) for key in ("name", "note", "baseline"))
    for what, row in [("baseline", baseline), *((f"row {one.name!r}: against", one.against) for one in made)]:
        if row and row not in names:
            raise MammoError(f"{what} {row!r} is no row; {nearest(row, names)}", "unknown-row")
    return Study(name or stem, note, baseline or names[0], _mapping(given.get("common", {}), '"common"'), made)


def _row(content: object, where: str) -> Row:
    given = _known(content, ROW_KEYS, where)
    texts = {key: str(given.get(key, "")) for key in ROW_TEXTS}
    if not _FOLDER.fullmatch(texts["name"]):
        raise MammoError(
            f"{where}: name {texts['name']!r} must be letters, digits, '_', '+' and '-', as it names a folder",
            "bad-study",
        )
    preset = given.get("preset", ())
    presets = (preset,) if isinstance(preset, str) else preset
    if not isinstance(presets, Sequence) or not all(isinstance(name, str) for name in presets):
        raise MammoError(f'row {texts["name"]!r}: "preset" must be a name or a list of names', "bad-study")
    overlay = _mapping(given.get("overlay", {}), f'row {texts["name"]!r}: "overlay"')
    if texts["classical"] and texts["classical"] not in models.names():
        raise MammoError(
            f"row {texts['name']!r}: no classical model {texts['classical']!r}; "
            f"{nearest(texts['classical'], models.names())}",
            "unknown-model",
        )
    return Row(presets=tuple(filter(None, presets)), overlay=overlay, **texts)


def _known(content: object, keys: Sequence[str], where: str) -> Mapping[str, Any]:
    given = _mapping(content, where)
    for key in given:
        if key not in keys:
            raise MammoError(f"{where}: unknown key {key!r}; {nearest(key, keys)}", "unknown-key")
    return given


def _mapping(content: object, what: str) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise MammoError(f"{what} must be an object of names and values", "bad-study")
    return content


def _from_csv(stem: str, text: str) -> dict[str, Any]:
    table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    if not table.fieldnames or "name" not in table.fieldnames:
        raise ValueError("the table has no column 'name'")
    if twice := same(table.fieldnames):
        raise ValueError(f"two columns are called {twice!r}")
    return {"name": stem, "rows": [_from_cells(row) for row in table]}


def _from_cells(cells: Mapping[str | None, Any]) -> dict[str, Any]:
    if None in cells:
        raise ValueError(f"row {cells['name']!r} has more cells than the header")
    given = {str(key): cell for key, cell in cells.items() if cell}
    row = {key: given.pop(key) for key in (*ROW_TEXTS, "preset") if key in given}
    return {**row, "preset": row.get("preset", "").split(), "overlay": as_values(given)}
