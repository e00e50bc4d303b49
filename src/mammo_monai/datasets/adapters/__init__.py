"""One module per data set, found by listing this folder.

An adapter has ``records(root, **options) -> list[Record]``, ``PUBLISHED`` (the counts its makers state, named
as in :func:`mammo_monai.datasets.counts.count`) and a docstring with content, counts, licence, citation and
where to get it. Where the counts depend on the options it has ``published(**options)`` besides. ``records``
lists what the data set's tables say; whether the images are there is checked by who uses the list.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from mammo_monai import listing
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
    return listing.names(__name__)


def load(name: str) -> Adapter:
    """The adapter of one data set ("mini-mias" and "mini_mias" are the same).

    Raises:
        MammoError: no such adapter.
    """
    refusal = f"no data set {name!r}; choose one of"
    adapter: Adapter = listing.load(__name__, name.replace("-", "_"), refusal, "unknown-dataset")
    return adapter


def options(adapter: Adapter) -> dict[str, str]:
    """An adapter's own options and their defaults."""
    parameters = inspect.signature(adapter.records).parameters
    return {name: parameter.default for name, parameter in parameters.items() if name != "root"}


def published(adapter: Adapter, /, **given: str) -> Mapping[str, int]:
    """The counts the makers state for what :func:`read` gives with the same options."""
    depends = getattr(adapter, "published", None)
    return depends(**given) if depends else adapter.PUBLISHED


def read(name: str, root: Path, /, **given: str) -> list[Record]:
    """The records of a data set.

    Raises:
        MammoError: no such adapter, root or option, an image listed twice with different values, or whatever is
            wrong with the data set's tables.
    """
    adapter = load(name)
    unknown = sorted(set(given) - set(options(adapter)))
    if unknown:
        own = ", ".join(f"--{option}" for option in options(adapter)) or "none"
        raise MammoError(f"data set {name} has no option --{unknown[0]}; its own options: {own}", "usage")
    if not root.is_dir():
        raise MammoError(f"{root}: no such folder; --root is the folder of the data set", "missing-root")
    records = adapter.records(root, **given)
    _refuse_two_labels(records)
    return records


def _refuse_two_labels(records: Iterable[Record]) -> None:
    """An image listed twice may be a slip; with two labels one of them is wrong, and none can be chosen."""
    seen: dict[str, Record] = {}
    for record in records:
        first = seen.setdefault(record.image, record)
        if first != record:
            raise MammoError(
                f"{record.source}: image {record.image!r} was listed at {first.source} with other values; "
                "correct the table",
                reason="duplicate-image",
            )
