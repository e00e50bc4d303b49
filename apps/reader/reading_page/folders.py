"""Folders that may be chosen: those below one root, and nothing that leads out of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mammo_monai.errors import MammoError

MOST = 2000
"""Folders that are listed; more than that nobody chooses from."""


@dataclass(frozen=True)
class Root:
    """The folder below which everything lies that the page shows; ``path`` is absolute and without links."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Root:
        """A root that exists.

        Raises:
            MammoError: ``path`` is no folder.
        """
        if not path.is_dir():
            raise MammoError(f"{path}: no such folder; give the exams' folder with --folder", "not-found")
        return cls(path.resolve())

    def inside(self, relative: str) -> Path:
        """A folder or file below the root, by its posix path; "" is the root itself.

        Raises:
            MammoError: it is not below the root (``outside-folder``), not even by a link, or not there (``not-found``).
        """
        name = PurePosixPath(relative)
        if name.is_absolute() or ".." in name.parts or "\\" in relative or "\0" in relative:
            raise MammoError(f"{relative!r}: expected a folder below the one that was opened", "outside-folder")
        try:
            found = (self.path / name).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            raise MammoError(f"{relative}: no such folder or file", "not-found") from None
        if not self.holds(found):
            raise MammoError(f"{relative}: leads out of the folder that was opened", "outside-folder")
        return found

    def holds(self, path: Path) -> bool:
        """Whether a path, its links followed, lies below the root."""
        return path.resolve().is_relative_to(self.path)

    def name(self, path: Path) -> str:
        """The posix path of a folder or file as :meth:`inside` takes it."""
        relative = path.relative_to(self.path).as_posix()
        return "" if relative == "." else relative

    def folders(self, relative: str) -> list[str]:
        """Names of the folders in one, sorted, without hidden ones and links out; the first :data:`MOST`.

        Raises:
            MammoError: see :meth:`inside`; or the folder cannot be read.
        """
        here = self.inside(relative)
        try:
            with os.scandir(here) as entries:
                found = [Path(entry.path) for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            raise MammoError(f"{relative}: cannot be read ({error.strerror})", "not-readable") from error
        return sorted(one.name for one in found if one.is_dir() and (not one.is_symlink() or self.holds(one)))[:MOST]
