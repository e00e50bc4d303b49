"""One module per data set, found by listing this folder.

An adapter has ``records(root, **options) -> list[Record]``, ``PUBLISHED`` (the counts its makers state, named
as in :func:`mammo_monai.datasets.counts.count`) and a docstring with content, counts, licence, citation and
where to get it. ``records`` lists what the data set's tables say; whether the images are there is checked by
who uses the list.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError


class Adapter(Protocol):
    """What a module in this folder provides."""

    PUBLISHED: Mapping[str, int]

    def records(self, root: Path, **options: str) -> list[Record]:
        """Every image the data set's tables list."""
        ...


def names() -> list[str]:
    """The data sets there is an adapter for."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Adapter:
    """The adapter of one data set ("mini-mias" and "mini_mias" are the same).

    Raises:
        MammoError: no such adapter.
    """
    known = name.replace("-", "_")
    if known not in names():
        raise MammoError(f"no data set {name!r}; choose one of {', '.join(names())}", "unknown-dataset")
    return cast(Adapter, importlib.import_module(f"{__name__}.{known}"))


def options(adapter: Adapter) -> list[str]:
    """The names of an adapter's own options."""
    return [name for name in inspect.signature(adapter.records).parameters if name != "root"]


def read(name: str, root: Path, /, **given: str) -> list[Record]:
    """The records of a data set.

    Raises:
        MammoError: no such adapter, root or option, or whatever is wrong with the data set's tables.
    """
    adapter = load(name)
    unknown = sorted(set(given) - set(options(adapter)))
    if unknown:
        own = ", ".join(f"--{option}" for option in options(adapter)) or "none"
        raise MammoError(f"data set {name} has no option --{unknown[0]}; its own options: {own}", "usage")
    if not root.is_dir():
        raise MammoError(f"{root}: no such folder; --root is the folder of the data set", "missing-root")
    return adapter.records(root, **given)
