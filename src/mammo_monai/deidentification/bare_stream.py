"""A compressed frame without what its encoder wrote beside the image: comments, EXIF, boxes, trailing bytes.

Nothing is decoded: the coded image stays as it is, byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from mammo_monai.dicom.codestream import END, inspect

APPLICATION_AND_COMMENT: Final = frozenset({*range(0xE0, 0xF0), 0xFE})  # APP0 to APP15, COM (ISO/IEC 10918-1 B.1)
START_OF_SCAN: Final = 0xDA
STRUCTURE: Final = (b"SPIFF\0", b"JFIF\0", b"\0\0\0\1")  # fixed file headers (ISO/IEC 10918-3, -5), SPIFF's last entry
STRUCTURE_LENGTH: Final = 32
JPEG2000_COMMENT: Final = frozenset({0x64})  # COM (ISO/IEC 15444-1 A.9.2)
START_OF_TILE: Final = 0x90


def bare(frame: bytes) -> bytes:
    """The code stream alone, of even length; a frame that is none (RLE) is returned as it is."""
    stream = inspect(frame)
    if stream is None:
        return frame
    if stream.codec in ("jpeg", "jpegls"):
        kept = _without(frame, APPLICATION_AND_COMMENT, START_OF_SCAN)
    else:
        kept = _without(frame[frame.find(b"\xff\x4f\xff\x51") :], JPEG2000_COMMENT, START_OF_TILE)
    kept = kept[: kept.rfind(END) + 2]
    return kept + b"\0" * (len(kept) % 2)


def _without(frame: bytes, unwanted: Collection[int], last: int) -> bytes:
    """Drop marker segments of the main header, which runs from the two bytes of its start to marker ``last``."""
    parts, at = [frame[:2]], 2
    while at + 4 <= len(frame) and frame[at] == 0xFF and frame[at + 1] != last:
        if frame[at + 1] == 0xFF:  # fill byte before a marker
            at += 1
            continue
        following = at + 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
        content = frame[at + 4 : following]
        if frame[at + 1] not in unwanted or (content.startswith(STRUCTURE) and len(content) <= STRUCTURE_LENGTH):
            parts.append(frame[at:following])
        at = following
    return b"".join([*parts, frame[at:]])
