"""JSON files beside the images: what was submitted, predicted and noted, by tag and id."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from mammo_monai.errors import MammoError
from mammo_monai.files import write_text

LABELS: Final = "labels"
"""Folder beside the images for everything we write."""
FINAL, PREDICTED, INFO = "final", "predicted", "info"
"""Tags: what readers submitted, what the network said, and what clients noted."""
LONGEST: Final = 250
"""Bytes of a name; file systems take 255, and that of a note is longer by its suffix."""


class Notes:
    """Notes in ``root/labels/<tag>/<id>.json``, each written whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.folder = root / LABELS

    def file(self, tag: str, image_id: str) -> Path:
        """Where a note is or would be.

        Raises:
            MammoError: reason ``not-found``, this can be no id.
        """
        if not is_inside(image_id):
            raise MammoError(f"no image {image_id!r}", "not-found")
        return self.folder / tag / f"{image_id}.json"

    def read(self, tag: str, image_id: str) -> dict[str, Any]:
        """A note; {} where there is none.

        Raises:
            MammoError: reason ``bad-note``, somebody else has written there.
        """
        file = self.file(tag, image_id)
        try:
            return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
        except (OSError, ValueError, TypeError) as error:
            raise MammoError(f"{file}: cannot be read ({error}); restore or delete it", "bad-note") from None

    def write(self, tag: str, image_id: str, content: Mapping[str, Any]) -> None:
        """Keep a note in place of an earlier one."""
        write_text(self.file(tag, image_id), json.dumps(content, indent=2) + "\n")

    def ids(self, tag: str) -> set[str]:
        """Everything there is a note on."""
        return {name.removesuffix(".json") for name in files_below(self.folder / tag) if name.endswith(".json")}


def is_inside(name: str) -> bool:
    """Whether this can be the id of an image or a folder of images: nothing hidden, nothing of ours, nothing above."""
    path = PurePosixPath(name)
    plain = all(part.isprintable() and part[0] != "." and len(part.encode()) <= LONGEST for part in path.parts)
    return bool(path.parts) and plain and not path.is_absolute() and path.parts[0] != LABELS


def files_below(folder: Path) -> Iterator[str]:
    """Posix paths of all files below a folder, relative to it."""
    for place, _, names in os.walk(folder):
        below = PurePosixPath(Path(place).relative_to(folder).as_posix())
        yield from (str(below / name) for name in names)
