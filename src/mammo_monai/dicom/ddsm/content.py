"""Bytes and text of a DDSM file, of which some are gzipped and keep or lack the suffix ``.gz``."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import IO, Final, cast

from mammo_monai.errors import MammoError

GZIP: Final = b"\x1f\x8b"
LONGEST_TEXT: Final = 16_000_000  # bytes; the longest outlines take some ten thousand


def content(path: Path, limit: int) -> bytes:
    """The bytes of a file, unpacked if it is gzipped.

    Raises:
        MammoError: the packed data is damaged, or more than ``limit`` bytes come out; the message does not name the
            file.
    """
    with path.open("rb") as raw:
        packed = raw.read(2) == GZIP
        raw.seek(0)
        stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
        try:
            data = stream.read(limit + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise MammoError(f"its gzip data breaks off or is damaged ({error}); copy it again", "unreadable") from None
    if len(data) > limit:
        raise MammoError(f"it holds more than {limit} bytes; is this the right file?", "too-large")
    return data


def text(path: Path) -> str:
    """The text of an ``.ics`` or ``.OVERLAY`` file (ASCII).

    Raises:
        MammoError: it cannot be read, is empty or no text.
    """
    try:
        data = content(path, LONGEST_TEXT)
    except MammoError as error:
        raise MammoError(f"{path}: {error}", error.reason) from None
    except OSError as error:
        raise MammoError(f"{path}: cannot be read ({error.strerror}); copy it again", "unreadable") from None
    if not data.strip() or b"\0" in data:
        state = "is empty" if not data.strip() else "is not text"
        raise MammoError(f"{path}: {state}; copy it again", "unreadable")
    return data.decode("latin-1")
