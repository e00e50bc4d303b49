"""The files of a data set against what its tables list: which are missing, which nobody lists, which are the same."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from mammo_monai.datasets.selection import file_size
from mammo_monai.dicom.image import read_tags
from mammo_monai.errors import MammoError

_END = 1 << 16
_CHUNK = 1 << 20


def missing(root: Path, listed: Iterable[str]) -> list[str]:
    """The paths, relative to ``root``, at which there is no file."""
    return [path for path in listed if file_size(root / path) is None]


def unlisted(root: Path, listed: Collection[str]) -> list[str]:
    """Files below ``root`` that nobody lists and that are images or are named like a listed file; hidden ones aside.

    Tables, licences and the like are neither.
    """
    known, endings = set(map(PurePosixPath, listed)), {PurePosixPath(path).suffix for path in listed} - {""}
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = Path(folder, name)
            path = PurePosixPath(file.relative_to(root).as_posix())
            if path not in known and not name.startswith(".") and (path.suffix in endings or _is_image(file)):
                found.append(str(path))
    return sorted(found)


def duplicates(root: Path, paths: Iterable[str]) -> list[list[str]]:
    """Groups of files of equal content (SHA-256), each by path.

    Only what has the same size, and then the same ends, is read whole: a set of films of one size costs seconds.
    """
    groups = [sorted(set(paths))]
    for key in (
        lambda path: file_size(root / path),
        lambda path: _ends(root / path),
        lambda path: _digest(root / path),
    ):
        groups = [same for group in groups for same in _alike(group, key)]
    return sorted(groups)


def _alike(paths: list[str], key: Callable[[str], Hashable]) -> list[list[str]]:
    """The paths divided by ``key``; those without it (0, "", None) or alone with it are dropped."""
    found = defaultdict(list)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, shared in zip(paths, pool.map(key, paths), strict=True):
            found[shared].append(path)
    return [same for shared, same in found.items() if shared and len(same) > 1]


def _ends(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            first = stream.read(_END)
            stream.seek(max(0, file.stat().st_size - _END))
            return first + stream.read(_END)
    except OSError:
        return b""


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def _is_image(file: Path) -> bool:
    try:
        read_tags(file)
    except MammoError:
        return False
    return True
