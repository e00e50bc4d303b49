"""One image of a datalist through the chain into one file of the store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammo_monai.errors import MammoError, cause
from mammo_monai.files import replacing
from mammo_monai.preparation.chain import Chain, chain_of
from mammo_monai.training.cache_entry import SUFFIX, encode, read_facts

IMAGES = "images"
_OF_THE_SOURCE = ("filename_or_obj", "source")
"""Entries of ``meta`` with the path on the machine that prepared; the store keeps the datalist's own path there."""


@dataclass(frozen=True)
class Task:
    """Everything a worker needs, as texts, so that it can be on another machine that sees both folders.

    Attributes:
        image: path in the datalist, relative to ``root``.
        laterality: what the datalist says of it; the chain may ask.
        sha256: of the source, "" when the datalist has none.
        root: folder of the data set.
        store: folder of the store.
        bundle: folder of the bundle.
        options: JSON of the ids set anew.
    """

    image: str
    laterality: str
    sha256: str
    root: str
    store: str
    bundle: str
    options: str


@dataclass(frozen=True)
class Outcome:
    """What became of one task: bytes of its file, or reason and message of the failure."""

    image: str
    bytes: int = 0
    made: bool = False
    reason: str = ""
    message: str = ""


def prepared_path(image: str) -> str:
    """Where the store keeps an image, relative to its folder."""
    return f"{IMAGES}/{image}{SUFFIX}"


def prepare(task: Task) -> Outcome:
    """Make the file of one image, or find that it is there already and as it would be made now.

    Nothing one image does stops the others: whatever goes wrong with it is its outcome. A store that cannot be
    written is another matter.

    Raises:
        MammoError: reason ``not-writable``.
    """
    chain = chain_of(task.bundle, task.options)
    path = Path(task.store) / prepared_path(task.image)
    try:
        facts = _facts(task, chain)
        if _is_made(path, facts):
            return Outcome(task.image, path.stat().st_size)
        entry = encode(_tensors(task, chain), facts)
    except Exception as error:  # whatever one file makes the chain raise
        known = cause(error)
        reason, message = (known.reason, str(known)) if known else ("unexpected", f"{type(error).__name__}: {error}")
        return Outcome(task.image, reason=reason, message=" ".join(message.split()))
    with replacing(path) as temporary:
        temporary.write_bytes(entry)
    return Outcome(task.image, len(entry), made=True)


def _facts(task: Task, chain: Chain) -> dict[str, Any]:
    """Where an entry comes from: equal facts, equal entry."""
    try:
        found = (Path(task.root) / task.image).stat()
    except OSError as error:
        raise MammoError(
            f"{Path(task.root) / task.image}: {error.strerror}; point --root at it", "missing-file"
        ) from None
    return {
        "image": task.image,
        "laterality": task.laterality,
        "source": [found.st_size, task.sha256 or found.st_mtime_ns],
        "steps": chain.steps,
        "sources": chain.sources,
    }


def _is_made(path: Path, facts: Mapping[str, Any]) -> bool:
    try:
        return read_facts(path) == facts
    except (OSError, ValueError):
        return False


def _tensors(task: Task, chain: Chain) -> dict[str, Any]:
    source = os.path.join(task.root, task.image)  # noqa: PTH118 - the reader's own texts
    item = {"image": source, "laterality": task.laterality}
    made = chain.transform(item)
    image = made["image"]
    image.meta.update({key: task.image for key in _OF_THE_SOURCE if key in image.meta})
    return {"image": image}
