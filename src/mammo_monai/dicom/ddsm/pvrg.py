"""Lossless JPEG as the Stanford PVRG codec of 1993 wrote it, which is how every DDSM film is stored.

It departs from ISO/IEC 10918-1 H.1.2.1 in one point. The standard predicts the first line from the left neighbour
alone; PVRG uses the selected predictor there as well, as though a line of 2 ** (precision - 1) stood above it. With
predictors 1, 4 and 5 this is the same, with 2, 3, 6 and 7 every standard decoder errs from the first line on. So we
give the decoder that line: it costs one code "difference 0" per pixel, and eight such lines end on a whole byte.

Tried with Debian's pvrg-jpeg 1.2.1 as encoder, all seven predictors, 12 and 16 bits, 131 to 5,491 columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from mammo_monai.errors import MammoError

Samples: TypeAlias = NDArray[np.uint16]

SOI: Final = b"\xff\xd8"
SOF3, DHT, SOS, DRI = 0xC3, 0xC4, 0xDA, 0xDD
STANDARD: Final = (1, 4, 5)
ABOVE: Final = 8  # lines; pixels x 8 x bits of a code are whole bytes


def decode(stream: bytes) -> Samples:
    """Samples in the shape of the stream's own header, (Y, X), which DDSM sometimes has transposed.

    Raises:
        MammoError: not lossless JPEG, or made in a way PVRG films are not (restart intervals).
    """
    parts = segments(stream)
    if parts[SOS][5] in STANDARD:
        return imagecodecs.jpeg8_decode(stream).astype(np.uint16, copy=False)
    if DRI in parts:
        raise MammoError("it has restart intervals, which DDSM films have not; is this a DDSM film?", "unreadable")
    head, data = _split(stream)
    at = head.index(parts[SOF3]) + 3
    lines = int.from_bytes(head[at : at + 2], "big") + ABOVE
    if lines >= 1 << 16:
        raise MammoError(f"it has {lines - ABOVE} lines, more than DDSM films have", "unreadable")
    taller = head[:at] + lines.to_bytes(2, "big") + head[at + 2 :]
    decoded = imagecodecs.jpeg8_decode(taller + _lines_above(parts) + data)
    return decoded[ABOVE:].astype(np.uint16, copy=False)


def encode(samples: Samples, predictor: int = 3) -> bytes:
    """A stream like PVRG's with 16 bits of precision: what :func:`decode` reads and standard decoders misread."""
    above = np.full((ABOVE, samples.shape[1]), 1 << 15, np.uint16)
    coded = imagecodecs.jpeg8_encode(
        np.concatenate([above, samples]), lossless=True, predictor=predictor, bitspersample=16
    )
    parts = segments(coded)
    frame = parts[SOF3][:3] + len(samples).to_bytes(2, "big") + parts[SOF3][5:]
    head = b"".join((SOI, b"\xff\xc3", frame, b"\xff\xc4", parts[DHT], b"\xff\xda", parts[SOS]))
    return head + _split(coded)[1][len(_lines_above(parts)) :]


def segments(stream: bytes) -> dict[int, bytes]:
    """The marker segments up to the coded data, by marker, each from its length on.

    Raises:
        MammoError: not lossless JPEG of one component with Huffman codes.
    """
    parts = {marker: stream[at : at + length] for marker, at, length in _walk(stream)}
    sizes = [len(parts.get(marker, b"")) for marker in (SOF3, DHT, SOS)]
    if sizes[0] != 11 or sizes[1] < 20 or sizes[2] != 8:
        raise MammoError("it is not lossless JPEG (process 14) of one component; copy it again", "unreadable")
    return parts


def _walk(stream: bytes) -> Iterator[tuple[int, int, int]]:
    at, marker = 2, 0
    while marker != SOS and at + 4 <= len(stream) and stream[at] == 0xFF:
        marker, length = stream[at + 1], int.from_bytes(stream[at + 2 : at + 4], "big")
        yield marker, at + 2, length
        at += 2 + length


def _split(stream: bytes) -> tuple[bytes, bytes]:
    """What stands before the coded data, and the coded data to the end."""
    *_, (_, at, length) = _walk(stream)
    return stream[: at + length], stream[at + length :]


def _lines_above(parts: dict[int, bytes]) -> bytes:
    """The code for difference 0, once for every pixel of the lines above, with a zero byte after every 0xFF."""
    table = parts[DHT]
    lengths = np.repeat(np.arange(1, 17), list(table[3:19]))
    categories = list(table[19 : 19 + len(lengths)])
    if 0 not in categories:
        raise MammoError("its codes have none for 'difference 0', which films have; copy it again", "unreadable")
    rank = categories.index(0)
    code = 0
    for i in range(rank):
        code = (code + 1) << int(lengths[i + 1] - lengths[i])  # ISO/IEC 10918-1 C.2
    bits: NDArray[Any] = np.array([int(bit) for bit in format(code, f"0{lengths[rank]}b")], np.uint8)
    columns = int.from_bytes(parts[SOF3][5:7], "big")
    return np.packbits(np.tile(bits, columns * ABOVE)).tobytes().replace(b"\xff", b"\xff\0")
