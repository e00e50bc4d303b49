"""Label maps: which class a record belongs to, as data (one JSON file each in ``datasets/maps/``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path

from mammo_monai.datasets.records import Record, value
from mammo_monai.errors import MammoError

_MAPS = "mammo_monai.datasets.maps"


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Classes and the values that make them.

    Attributes:
        name: what ``--labels`` calls it.
        source_field: the field of :class:`Record` that is looked at, or the name of one of its ``extra``
            columns.
        classes: class names in the order of the network's outputs.
        map: class of each value; a value that is not here is left out and counted, never guessed.
        note: what the classes mean and what becomes of BI-RADS 0, 6, 4A-4C and unknown.
    """

    name: str
    source_field: str
    classes: tuple[str, ...]
    map: Mapping[str, str]
    note: str

    def label(self, record: Record) -> str | None:
        """The class name of a record, None when it has none."""
        found = value(record, self.source_field)
        return None if found is None else self.map.get(found)

    def why_not(self, record: Record) -> str:
        """Why a record has no class, to count it under: "birads-unknown", "birads-6-not-in-birads3"."""
        found = value(record, self.source_field)
        return f"{self.source_field}-" + ("unknown" if found is None else f"{found}-not-in-{self.name}")


def names() -> list[str]:
    """The label maps that come with the package."""
    return sorted(file.name.removesuffix(".json") for file in files(_MAPS).iterdir() if file.name.endswith(".json"))


def load(name: str) -> LabelMap:
    """A label map by its name, or from the path of a JSON file of your own.

    Raises:
        MammoError: no such map, or the file is no label map.
    """
    own = name.endswith(".json")
    if not own and name not in names():
        raise MammoError(
            f"no label map {name!r}; choose one of {', '.join(names())} or give a .json file of your own",
            "unknown-labels",
        )
    file = Path(name) if own else files(_MAPS).joinpath(f"{name}.json")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise MammoError(f"{name}: cannot be read as a label map ({error})", "bad-labels") from None
    return _checked(name, content)


def _checked(file: str, content: object) -> LabelMap:
    """``content`` as a label map, or the error that says what a label map is."""
    keys = [field.name for field in fields(LabelMap)]
    if not isinstance(content, dict) or sorted(content) != sorted(keys):
        raise MammoError(f"{file}: a label map has exactly the keys {', '.join(keys)}", "bad-labels")
    classes, mapping = content["classes"], content["map"]
    if not isinstance(classes, list) or not isinstance(mapping, dict) or len({*map(str, classes)}) < len(classes):
        raise MammoError(f"{file}: 'classes' must be a list of different names, 'map' an object", "bad-labels")
    if {*map(str, mapping.values())} != {*map(str, classes)} or len(classes) < 2:
        raise MammoError(f"{file}: 'map' must lead to every one of two or more 'classes' and to no other", "bad-labels")
    texts = (content["name"], content["source_field"], content["note"], *classes, *mapping.values())
    if not all(isinstance(text, str) for text in texts):
        raise MammoError(f"{file}: names, classes and note must be text in quotes", "bad-labels")
    return LabelMap(content["name"], content["source_field"], tuple(classes), mapping, content["note"])
