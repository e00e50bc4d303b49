"""Encapsulated pixel data (PS3.5 A.4): from items and fragments to the bytes of one frame."""

from __future__ import annotations

from typing import Final

from mammo_monai.errors import MammoError

ITEM: Final = b"\xfe\xff\x00\xe0"
DELIMITER: Final = b"\xfe\xff\xdd\xe0"
STARTS: Final = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0c")  # JPEG, JPEG 2000, JP2


def frame_bytes(data: bytes, frames: int, index: int = 0) -> bytes:
    """The compressed bytes of frame ``index``, whole, whatever its number of fragments.

    Args:
        data: value of the Pixel Data element, from the Basic Offset Table's item on.
        frames: Number of Frames.
        index: which frame, from 0.

    Raises:
        MammoError: ``truncated-pixels`` when an item reaches past the end of the data or frames are missing.
    """
    offsets, fragments = _items(data)
    if frames == 1:
        groups = [fragments]
    elif len(fragments) == frames:
        groups = [[fragment] for fragment in fragments]
    else:
        groups = _grouped(fragments, offsets)
    if index >= len(groups) or not groups[index]:
        raise MammoError(f"its pixel data holds {len(groups)} of {frames} frames; copy it again", "truncated-pixels")
    return b"".join(part for _, part in groups[index])


def _items(data: bytes) -> tuple[list[int], list[tuple[int, bytes]]]:
    """Basic Offset Table (empty when absent) and the fragments with their offsets from the first one's item tag."""
    items: list[tuple[int, bytes]] = []
    at = 0
    while data[at : at + 4] == ITEM:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > len(data):
            short = at + 8 + length - len(data)
            raise MammoError(f"its pixel data ends {short} bytes early; copy it again", "truncated-pixels")
        items.append((at, data[at + 8 : at + 8 + length]))
        at += 8 + length
    if not items or data[at : at + 4] not in (DELIMITER, b""):
        raise MammoError("its encapsulated pixel data is damaged; export it again", "unreadable")
    table, first = items[0][1], len(items[0][1]) + 8
    offsets = [int.from_bytes(table[i : i + 4], "little") for i in range(0, len(table), 4)]
    return offsets, [(start - first, part) for start, part in items[1:]]


def _grouped(fragments: list[tuple[int, bytes]], offsets: list[int]) -> list[list[tuple[int, bytes]]]:
    """Fragments by frame: a frame starts where the offset table says, or else where a codestream starts."""
    groups: list[list[tuple[int, bytes]]] = []
    for start, part in fragments:
        if not groups or (start in offsets if offsets else part.startswith(STARTS)):
            groups.append([])
        groups[-1].append((start, part))
    return groups
