"""Files by the id in their names, wherever below the root they lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from mammo_monai.errors import MammoError


def index(root: Path, pattern: str, key: Callable[[PurePosixPath], str | None]) -> dict[str, str]:
    """Paths (posix, relative to ``root``) by id.

    Hidden files and folders and ``__MACOSX`` (what archivers of a Mac add) are passed over; linked folders are
    followed, each folder is walked once.

    Args:
        root: folder of the data set.
        pattern: of the last parts of a path, as :meth:`pathlib.PurePath.match` reads it, in any case:
            "AllXML/*.xml".
        key: the id of one matching path, relative to ``root``; None for a file that has none.

    Raises:
        MammoError: two files with one id (both are named), or a folder that cannot be read.
    """
    found: dict[str, str] = {}
    for name in sorted(_files(root)):
        path = PurePosixPath(name)
        if not PurePosixPath(name.lower()).match(pattern.lower()) or (identifier := key(path)) is None:
            continue
        first = found.setdefault(identifier, name)
        if first != name:
            raise MammoError(
                f"{root / first} and {root / name}: two files with the id {identifier!r}; keep one of them",
                "two-files-one-id",
            )
    return found


def _files(root: Path) -> Iterator[str]:
    seen: set[tuple[int, int]] = set()
    for folder, folders, files in os.walk(root, followlinks=True, onerror=_unreadable):
        here = Path(folder)
        status = here.stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        relative = here.relative_to(root)
        yield from ((relative / name).as_posix() for name in files if not name.startswith("."))


def _unreadable(error: OSError) -> None:
    raise MammoError(
        f"{error.filename}: cannot be read ({error.strerror}); give yourself the right to read it", "unreadable-folder"
    )
