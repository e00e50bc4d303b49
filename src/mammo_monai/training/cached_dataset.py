"""A data set whose deterministic part is computed once and kept on disk, for all workers, ranks and runs."""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from monai.data.dataset import Dataset
from monai.transforms.compose import Compose

from mammo_monai.errors import MammoError
from mammo_monai.files import replacing
from mammo_monai.training.cache_entry import SUFFIX, decode, encode, open_entry, read_entry
from mammo_monai.training.deterministic_part import deterministic_part, sources, steps
from mammo_monai.training.fingerprint import fingerprint
from mammo_monai.training.prepared import is_prepared, read_prepared

ABANDONED = 3600.0
"""Seconds after which a temporary file belongs to a writer that was killed."""


class CachedDataset(Dataset):
    """MONAI's ``Dataset`` that keeps the items after one named transform as files.

    An entry holds the tensors that the transforms up to ``cache_through`` made, with their ``meta`` and applied
    operations; everything else of an item (label, patient) comes from ``data`` at each access. The key is a SHA-256
    over each image file's path, size and modification time, over what else the transforms read of an item
    (laterality), over their classes, parameters and sources, over this package's reading and the versions of the
    libraries below it, so a stale entry is never read. A torn entry is computed anew. If the folder cannot be
    written, one warning is given and work goes on uncached.

    Where the first transform after the cached ones needs a window of an image only (``reads_windows``), it is given a
    :class:`~mammo_monai.transforms.stored_image.StoredImage`, and no more than the window is read from the file.

    An item whose image was prepared beforehand (see :mod:`mammo_monai.training.prepared`) is taken as it is, once it
    is known to come from the same transforms.

    Args:
        data: items (dictionaries) whose image entries are paths of files.
        transform: the whole chain, deterministic part first.
        cache_dir: folder of the entries, made when missing and safe to share or delete; None means no cache.
        cache_through: class name of the last cached transform, for example "ResizeAread".

    Raises:
        MammoError: reason ``cache-boundary`` when there is not exactly one transform of that name or a random one
            stands before it; ``not-cacheable`` when a transform's parameter has no stable text (a lambda).
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        transform: Sequence[Callable[..., Any]] | Callable[..., Any],
        cache_dir: str | os.PathLike[str] | None,
        cache_through: str,
    ) -> None:
        super().__init__(data, transform)
        self.transform: Compose = self.transform.flatten()
        self.cached = deterministic_part(self.transform.transforms, cache_through)
        self.cache_dir = None if cache_dir is None else Path(cache_dir)
        self._writable = True
        if self.cache_dir is not None:
            self._chain = fingerprint([self._steps, sources(self.cached)])
            _remove_abandoned(self.cache_dir)

    @cached_property
    def _steps(self) -> list[list[str]]:
        return steps(self.cached)

    def _transform(self, index: int) -> Any:
        item = self.data[index]
        if is_prepared(item):
            tensors = read_prepared(item, self._steps, self._read)
        elif self.cache_dir is not None:
            tensors = self._tensors(item, self.cache_dir)
        else:
            return self.transform(item)
        return self.transform({**item, **tensors}, start=len(self.cached))

    def _tensors(self, item: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """The tensors after the cached transforms, from the item's entry if there is a sound one."""
        path = self._entry(item, folder)
        if path is not None:
            try:
                return self._read(path)
            except (OSError, ValueError):  # absent, or torn by a power cut
                pass
        made = self.transform(item, end=len(self.cached))
        entry = encode({name: value for name, value in made.items() if value is not item.get(name)})
        if path is not None:
            self._write(path, entry)
        return decode(entry)  # what a later hit gives, to the bit

    @cached_property
    def _read(self) -> Callable[[Any], dict[str, Any]]:
        following = self.transform.transforms[len(self.cached) :]
        return open_entry if getattr(next(iter(following), None), "reads_windows", False) else read_entry

    def _entry(self, item: Mapping[str, Any], folder: Path) -> Path | None:
        """Where the item's entry belongs; None when a file is missing, which the reader will report."""
        files = {name for transform in self.cached for name in getattr(transform, "keys", ())}
        # MONAI's naming: an attribute such as ``laterality_key`` names an entry that the transform reads as well.
        named = [{**vars(type(transform)), **vars(transform)} for transform in self.cached]
        read = {value for attributes in named for name, value in attributes.items() if name.endswith("_key")}
        parts = [self._chain, fingerprint({name: item[name] for name in read & item.keys()})]
        try:
            parts += [_file_identity(name, item[name]) for name in sorted(files & item.keys())]
        except OSError:
            return None
        return folder / f"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}{SUFFIX}"

    def _write(self, path: Path, entry: bytes) -> None:
        if not self._writable:
            return
        try:
            with replacing(path) as temporary:
                temporary.write_bytes(entry)
        except MammoError as error:
            self._writable = False
            warnings.warn(f"{error}. Work goes on without a cache", stacklevel=2)


def _file_identity(name: str, value: Any) -> str:
    """Path, size and modification time of an item's file."""
    if not isinstance(value, str | os.PathLike):
        raise MammoError(
            f"item entry {name!r} is {type(value).__name__}, expected the path of a file; a cache needs files to tell "
            "stale entries by, or use cache_dir=None",
            reason="not-cacheable",
        )
    stat = os.stat(value)  # noqa: PTH116 - half the time of Path.stat, at every access
    return f"{name} {os.path.abspath(value)} {stat.st_size} {stat.st_mtime_ns}"  # noqa: PTH100


def _remove_abandoned(folder: Path) -> None:
    """Remove temporary files of writers that were killed; they are never read, but take space."""
    for path in folder.glob(f".*{SUFFIX}.*.tmp"):
        try:
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()
        except OSError:  # another process was faster, or the folder is read-only
            continue
