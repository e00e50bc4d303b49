"""A data set whose deterministic part is computed once and kept on disk, for all workers, ranks and runs."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from monai.data.dataset import Dataset
from monai.data.meta_tensor import MetaTensor
from monai.transforms.compose import Compose
from monai.transforms.traits import RandomizableTrait

import mammo_monai
from mammo_monai.errors import MammoError
from mammo_monai.files import replacing
from mammo_monai.training.cache_entry import decode, encode
from mammo_monai.training.fingerprint import fingerprint

PIXEL_LIBRARIES = ("monai", "numpy", "opencv-python-headless", "imagecodecs", "pydicom", "pillow")
SUFFIX = ".safetensors"
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
        self.cached = _boundary(self.transform.transforms, cache_through)
        self.cache_dir = None if cache_dir is None else Path(cache_dir)
        self._writable = True
        if self.cache_dir is not None:
            chain = self._cached_transforms()
            self._chain = fingerprint([_sources_digest(), chain, [_source(transform) for transform in chain]])
            _remove_abandoned(self.cache_dir)

    def _transform(self, index: int) -> Any:
        item = self.data[index]
        if self.cache_dir is None:
            return self.transform(item)
        return self.transform({**item, **self._tensors(item, self.cache_dir)}, start=self.cached)

    def _tensors(self, item: Mapping[str, Any], folder: Path) -> dict[str, MetaTensor]:
        """The tensors after the cached transforms, from the item's entry if there is a sound one."""
        path = self._entry(item, folder)
        if path is not None:
            try:
                return decode(path.read_bytes())
            except (OSError, ValueError):  # absent, or torn by a power cut
                pass
        made = self.transform(item, end=self.cached)
        entry = encode({name: value for name, value in made.items() if value is not item.get(name)})
        if path is not None:
            self._write(path, entry)
        return decode(entry)  # what a later hit gives, to the bit

    def _entry(self, item: Mapping[str, Any], folder: Path) -> Path | None:
        """Where the item's entry belongs; None when a file is missing, which the reader will report."""
        transforms = self._cached_transforms()
        files = {name for transform in transforms for name in getattr(transform, "keys", ())}
        # MONAI's naming: an attribute such as ``laterality_key`` names an entry that the transform reads as well.
        read = {value for transform in transforms for name, value in vars(transform).items() if name.endswith("_key")}
        parts = [self._chain, fingerprint({name: item[name] for name in read & item.keys()})]
        try:
            parts += [_file_identity(name, item[name]) for name in sorted(files & item.keys())]
        except OSError:
            return None
        return folder / f"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}{SUFFIX}"

    def _cached_transforms(self) -> Sequence[Any]:
        return self.transform.transforms[: self.cached]

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


def _boundary(transforms: Sequence[Any], name: str) -> int:
    """How many transforms stand up to and with the one of class ``name``."""
    names = [type(transform).__name__ for transform in transforms]
    if names.count(name) != 1:
        raise MammoError(
            f"cache_through={name!r}: expected the class name of exactly one transform, one of {', '.join(names)}",
            reason="cache-boundary",
        )
    end = names.index(name) + 1
    for transform in transforms[:end]:
        if isinstance(transform, RandomizableTrait):
            raise MammoError(
                f"cache_through={name!r}: {type(transform).__name__} before it is random and would be frozen in the "
                "cache; put it after, or name an earlier transform",
                reason="cache-boundary",
            )
    return end


@cache
def _sources_digest() -> str:
    """Digest of the code and of the libraries that make pixels, so that an upgrade or an edit is another key."""
    digest = hashlib.sha256(json.dumps([version(name) for name in PIXEL_LIBRARIES]).encode())
    package = Path(mammo_monai.__file__).parent
    for folder in ("dicom", "transforms"):
        for path in sorted((package / folder).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _source(transform: Any) -> str:
    """Digest of the file that defines a transform, so that an edit of a user's own one is another key, too."""
    path = inspect.getsourcefile(type(transform))
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else ""


def _remove_abandoned(folder: Path) -> None:
    """Remove temporary files of writers that were killed; they are never read, but take space."""
    for path in folder.glob(f".*{SUFFIX}.*.tmp"):
        try:
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()
        except OSError:  # another process was faster, or the folder is read-only
            continue
