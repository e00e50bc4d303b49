"""Writing files so that a kill, a crash or a full disk leaves either the old file or the new one, never half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mammo_monai.errors import MammoError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is flushed to disk and renamed over ``path``.

    Raises:
        MammoError: the folder cannot be written or the disk is full, and the earlier file is intact; or ``path`` is a
            folder or a device.
    """
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file():
            raise MammoError(f"{path}: is not a regular file; choose another place to write to", "not-writable")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise MammoError(
            f"{path}: cannot be written ({error.strerror or error}); free disk space or choose another folder. "
            "Earlier files are intact",
            reason="not-writable",
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def folder(path: Path) -> Path:
    """``path`` as a folder, made where there is none.

    Raises:
        MammoError: reason ``not-writable``.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MammoError(
            f"{path}: no folder can be made there ({error.strerror or error}); choose another place", "not-writable"
        ) from error
    return path


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 in one step; see :func:`replacing`."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
