"""Stored words to a compressed frame, losslessly: one encoder per transfer syntax in which mammograms are kept."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray

Encoder = Callable[[NDArray[Any], int], bytes]

EXPLICIT: Final = "1.2.840.10008.1.2.1"
IMPLICIT: Final = "1.2.840.10008.1.2"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"


def rle(words: NDArray[Any], bits: int = 16) -> bytes:
    """DICOM RLE (PS3.5 annex G): 16 words of header, then the bytes of each word from high to low, row by row."""
    planes = [(words >> (8 * i)).astype(np.uint8) for i in reversed(range(words.itemsize))]
    segments = [b"".join(imagecodecs.packbits_encode(row) for row in plane) for plane in planes]
    segments = [segment + b"\0" * (len(segment) % 2) for segment in segments]
    header = np.zeros(16, "<u4")
    header[0] = len(segments)
    header[1 : 1 + len(segments)] = np.cumsum([64, *map(len, segments[:-1])])
    return header.tobytes() + b"".join(segments)


def deflate(data_set: bytes) -> bytes:
    """A raw deflate stream (RFC 1951) padded to even length (PS3.5 section A.5)."""
    packer = zlib.compressobj(level=6, wbits=-zlib.MAX_WBITS)
    stream = packer.compress(data_set) + packer.flush()
    return stream + b"\0" * (len(stream) % 2)


ENCODERS: Final[Mapping[str, Encoder]] = {
    # JPEG lossless, process 14, selection value 1
    "1.2.840.10008.1.2.4.70": lambda words, bits: imagecodecs.jpeg8_encode(
        words, lossless=True, predictor=1, bitspersample=bits
    ),
    # JPEG-LS lossless
    "1.2.840.10008.1.2.4.80": lambda words, bits: imagecodecs.jpegls_encode(words),
    # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.90": lambda words, bits: imagecodecs.jpeg2k_encode(
        words, level=0, reversible=True, codecformat="j2k", bitspersample=bits, numthreads=1
    ),
    # HTJ2K lossless
    "1.2.840.10008.1.2.4.201": lambda words, bits: imagecodecs.htj2k_encode(words, reversible=True),
    "1.2.840.10008.1.2.5": rle,
}
"""By UID of the transfer syntax: (rows, columns) of uint8 or uint16 words of so many bits to one frame."""
