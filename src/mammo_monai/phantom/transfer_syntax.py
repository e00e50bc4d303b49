"""Lossless encoders for the transfer syntaxes in which mammograms are stored."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import imagecodecs
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """A transfer syntax and its encoder.

    Attributes:
        uid: of PS3.6 table A-1.
        encode: one frame to its code stream; None where pixels stay native.
        implicit: whether the data set has implicit VR.
        pack: applied to the whole encoded data set.
    """

    uid: str
    encode: Callable[[Pixels], bytes] | None = None
    implicit: bool = False
    pack: Callable[[bytes], bytes] = bytes


def rle(pixels: Pixels) -> bytes:
    """DICOM RLE (PS3.5 annex G): 16 words of header, then high and low bytes, row by row."""
    planes = [np.ascontiguousarray(plane) for plane in (pixels >> 8, pixels & 0xFF)]
    segments = [b"".join(imagecodecs.packbits_encode(row) for row in plane.astype(np.uint8)) for plane in planes]
    segments = [segment + b"\0" * (len(segment) % 2) for segment in segments]
    header = np.zeros(16, "<u4")
    header[:3] = len(segments), 64, 64 + len(segments[0])
    return header.tobytes() + b"".join(segments)


def deflate(data_set: bytes) -> bytes:
    """A raw deflate stream (RFC 1951) padded to even length (PS3.5 section A.5)."""
    packer = zlib.compressobj(level=6, wbits=-zlib.MAX_WBITS)
    stream = packer.compress(data_set) + packer.flush()
    return stream + b"\0" * (len(stream) % 2)


TRANSFER_SYNTAXES: tuple[TransferSyntax, ...] = (
    TransferSyntax("1.2.840.10008.1.2.1"),  # explicit VR little endian
    TransferSyntax(
        "1.2.840.10008.1.2.4.70",  # JPEG lossless, process 14, selection value 1
        lambda x: imagecodecs.jpeg8_encode(x, lossless=True, predictor=1, bitspersample=12),
    ),
    TransferSyntax("1.2.840.10008.1.2", implicit=True),  # implicit VR little endian
    TransferSyntax("1.2.840.10008.1.2.4.80", lambda x: imagecodecs.jpegls_encode(x)),  # JPEG-LS lossless
    TransferSyntax("1.2.840.10008.1.2.5", rle),  # RLE lossless
    TransferSyntax(
        "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
        lambda x: imagecodecs.jpeg2k_encode(
            x, level=0, reversible=True, codecformat="j2k", bitspersample=12, numthreads=1
        ),
    ),
    TransferSyntax("1.2.840.10008.1.2.1.99", pack=deflate),  # deflated explicit VR little endian
    TransferSyntax(
        "1.2.840.10008.1.2.4.201",
        lambda x: imagecodecs.htj2k_encode(x, reversible=True),  # HTJ2K lossless
    ),
)
