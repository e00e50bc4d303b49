"""What tells two image files to be the same: SHA-256 of the bytes and a perceptual hash of the breast (for its limits
see :mod:`mammo_monai.datasets.perceptual_hash`).

Both are kept in a table (CSV) beside the datalist, by path, size and modification time, so that a second list or a
start after a kill reads only what is new.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from mammo_monai.datasets.perceptual_hash import GENERATION, perceptual_hash
from mammo_monai.dicom.image import read_image
from mammo_monai.dicom.refusals import LIFTABLE
from mammo_monai.errors import MammoError
from mammo_monai.files import write_text

HEADER: Final = ("path", "size", "modified_ns", f"phash{GENERATION}", "sha256")
"""The last is never empty, so that a line torn by a kill is known."""
ENOUGH: Final = 512
"""Rows and columns a JPEG 2000 image is decoded at; a hash needs no more."""

_ALLOW: Final = LIFTABLE - {"too-many-pixels"}
_HEX: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """SHA-256 of the file and perceptual hash of the breast, 64 hexadecimal digits each; phash "" without a breast."""

    sha256: str
    phash: str


Progress = Callable[[Iterable[Any], int], Iterable[Any]]


def fingerprint(file: Path) -> Fingerprint:
    """Read one image file.

    Images that training refuses unless told otherwise (FOR PROCESSING, several frames) have a fingerprint, too.

    Raises:
        MammoError: the file cannot be read as an image.
    """
    try:
        pixels = read_image(file, allow=_ALLOW, reduce_to=ENOUGH, threads=1).pixels
        phash = perceptual_hash(pixels)
    except MammoError as error:
        if error.reason not in ("no-breast", "too-many-pixels"):
            raise
        phash = ""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        for chunk in iter(lambda: stream.read(1 << 20), b""):
            digest.update(chunk)
    return Fingerprint(digest.hexdigest(), phash)


def fingerprints(
    root: Path, images: Sequence[str], table: Path, progress: Progress = lambda futures, _: futures
) -> dict[str, Fingerprint | MammoError]:
    """The fingerprints of many images, in parallel (decoders and hashes let go of the interpreter).

    Args:
        root: folder of the data set.
        images: paths relative to ``root``, all there.
        table: CSV that is read first and grows by a line with each image made.
        progress: wraps the work that is left; gets it and its length.

    Returns:
        by image: its fingerprint, or why it cannot be read.

    Raises:
        MammoError: the table cannot be written.
    """
    keys = {image: (image, *_stamp(root / image)) for image in images}
    known = _read(table)
    found: dict[str, Fingerprint | MammoError] = {image: known[key] for image, key in keys.items() if key in known}
    missing = [image for image in keys if image not in found]
    if not missing:
        return found
    write_text(table, _csv([HEADER, *((*key, mark.phash, mark.sha256) for key, mark in known.items())]))
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        futures: dict[Future[Fingerprint], str] = {pool.submit(fingerprint, root / image): image for image in missing}
        with table.open("a", encoding="utf-8", newline="") as grown:
            for future in progress(as_completed(futures), len(futures)):
                image = futures[future]
                try:
                    found[image] = mark = future.result()
                except MammoError as error:
                    found[image] = error
                else:
                    _append(grown, (*keys[image], mark.phash, mark.sha256))
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _stamp(file: Path) -> tuple[str, str]:
    stat = file.stat()
    return str(stat.st_size), str(stat.st_mtime_ns)


def _read(table: Path) -> dict[tuple[str, str, str], Fingerprint]:
    """What the table knows, by path, size and modification time; a torn line or another table knows nothing."""
    try:
        rows = list(csv.reader(io.StringIO(table.read_text(encoding="utf-8"), newline="")))
    except (OSError, ValueError, csv.Error):
        return {}
    if not rows or tuple(rows[0]) != HEADER:
        return {}
    return {
        (row[0], row[1], row[2]): Fingerprint(sha256=row[4], phash=row[3])
        for row in rows[1:]
        if len(row) == len(HEADER) and _HEX.fullmatch(row[4]) and (not row[3] or _HEX.fullmatch(row[3]))
    }


def _append(grown: TextIO, row: Sequence[str]) -> None:
    try:
        grown.write(_csv([row]))
        grown.flush()
    except OSError as error:
        raise MammoError(
            f"{grown.name}: cannot be written ({error.strerror}); free disk space", "not-writable"
        ) from None


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
