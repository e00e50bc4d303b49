"""Pixel bytes to stored words: one decoder per codestream, the fastest of those measured.

Milliseconds on 2 cores, GE 3062x2394 12-bit (film: 4664x3064 12-bit JPEG 2000); the chosen one first:

| syntax | decoder and time |
|---|---|
| JPEG Lossless SV1 | imagecodecs jpeg8 (libjpeg-turbo 3) 32, ljpeg 51, jpegsof3 69, pydicom 3 has none of its own |
| JPEG-LS | imagecodecs jpegls (CharLS) 44 |
| JPEG 2000 | imagecodecs jpeg2k (OpenJPEG) 256 on one thread, 143 on two; Pillow 265; film 393 and 300 |
| JPEG 2000 at 1/4 | Pillow 20; at 1/2: 69 |
| HTJ2K | imagecodecs htj2k (OpenJPH) 16, jpeg2k 31 to 52 |
| RLE | imagecodecs dicomrle 7, pydicom 74 |
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from mammo_monai.dicom.codestream import Codestream, inspect
from mammo_monai.dicom.encapsulation import frame_bytes
from mammo_monai.dicom.header import DicomFile
from mammo_monai.dicom.rendering import stored_words
from mammo_monai.errors import MammoError

Decoder = Callable[[bytes, int], NDArray[Any]]

DECODERS: Final[dict[str, Decoder]] = {
    "jpeg": lambda frame, threads: imagecodecs.jpeg8_decode(frame),
    "jpegls": lambda frame, threads: imagecodecs.jpegls_decode(frame),
    "jpeg2000": lambda frame, threads: imagecodecs.jpeg2k_decode(frame, numthreads=threads),
    "htj2k": lambda frame, threads: imagecodecs.htj2k_decode(frame),
}
# By UID, because pydicom 2 does not know all of them by name (PS3.6 table A-1).
RLE: Final = "1.2.840.10008.1.2.5"
LOSSY: Final = frozenset(f"1.2.840.10008.1.2.4.{code}" for code in (50, 51, 81, 91, 203))
CUT: Final = "copy it again"


def decode(
    file: DicomFile, *, frames: int = 1, index: int = 0, reduce_to: int | None = None, threads: int = 1
) -> tuple[NDArray[Any], int]:
    """Stored words of one frame.

    Args:
        file: header and pixel bytes; its stream is read.
        frames: Number of Frames.
        index: which of them, from 0.
        reduce_to: decode JPEG 2000 and HTJ2K at the lowest resolution whose shorter side still has this many
            pixels; without effect on the other syntaxes.
        threads: for JPEG 2000.

    Returns:
        (rows, columns) of uint8 or uint16 words as they would lie in native pixel data (a negative value in
        two's complement), and the factor 1, 2, 4... by which the sides were halved.

    Raises:
        MammoError: ``truncated-pixels``, ``unreadable`` or ``unsupported-format``; what :func:`check_words` refuses
            must not come here.
    """
    shape = (int(file.dataset.Rows), int(file.dataset.Columns))
    allocated = int(file.dataset.BitsAllocated)
    assert file.stream is not None  # noqa: S101
    if file.length is not None:
        return _native(file.stream, shape, allocated, index, file.big_endian), 1
    frame = frame_bytes(file.stream.read(), frames, index)
    if file.transfer_syntax == RLE:
        return _rle(frame, shape, allocated), 1
    return _compressed(file, frame, shape, reduce_to, threads)


def check_words(file: DicomFile, frames: int) -> None:
    """Refuse words of other sizes, and native pixel data shorter than the header's size, before anything is read."""
    header = file.dataset
    allocated = int(header.BitsAllocated)
    if allocated not in (8, 16):
        raise MammoError(f"{allocated} bits per sample, expected 8 or 16; convert it first", "unsupported-format")
    needed = int(header.Rows) * int(header.Columns) * frames * allocated // 8
    if file.length is not None and file.length < needed:
        raise MammoError(f"it has {file.length} of {needed} bytes of pixel data; {CUT}", "truncated-pixels")


def _native(stream: BinaryIO, shape: tuple[int, int], allocated: int, index: int, big_endian: bool) -> NDArray[Any]:
    words: NDArray[Any] = np.empty(shape, f"u{allocated // 8}")
    stream.seek(index * words.nbytes, io.SEEK_CUR)
    stream.readinto(words.view(np.uint8).data)  # type: ignore[attr-defined]
    return words.byteswap(inplace=True) if big_endian != (sys.byteorder == "big") else words


def _rle(frame: bytes, shape: tuple[int, int], allocated: int) -> NDArray[Any]:
    """PS3.5 annex G."""
    size = math.prod(shape) * allocated // 8
    try:
        data = imagecodecs.dicomrle_decode(frame, f"<u{allocated // 8}", out=bytearray(size))
    except (RuntimeError, ValueError) as error:
        raise MammoError(f"its RLE data breaks off or is damaged ({error}); {CUT}", "truncated-pixels") from error
    if len(data) < size:
        raise MammoError(f"its RLE data gives {len(data)} of {size} bytes; {CUT}", "truncated-pixels")
    return np.frombuffer(data, f"<u{allocated // 8}", math.prod(shape)).reshape(shape)


def _compressed(
    file: DicomFile, frame: bytes, shape: tuple[int, int], reduce_to: int | None, threads: int
) -> tuple[NDArray[Any], int]:
    stream = inspect(frame)
    if stream is None:
        syntax = file.transfer_syntax or "no transfer syntax"
        raise MammoError(
            f"its pixel data ({syntax}) is neither JPEG, JPEG-LS, JPEG 2000 nor RLE; export it in one of these",
            "unsupported-format",
        )
    if (stream.rows, stream.columns) != shape or stream.components != 1:
        raise MammoError(
            f"its header says {shape[0]} x {shape[1]} x 1 but its {stream.codec} data is {stream.rows} x "
            f"{stream.columns} x {stream.components}; export it again",
            "unreadable",
        )
    if not stream.complete:
        raise MammoError(f"its {stream.codec} data ends before its end marker; {CUT}", "truncated-pixels")
    layout = stored_words(file.dataset)
    if stream.bits > layout.allocated:
        raise MammoError(
            f"its {stream.bits}-bit samples do not fit its {layout.allocated}-bit words; export it again", "unreadable"
        )
    halvings = _halvings(stream, reduce_to)
    words = _reduced(frame, stream, halvings) if halvings else DECODERS[stream.codec](frame, threads)
    if halvings or file.transfer_syntax in LOSSY:
        # What wavelets and rounding carry past the stored range would wrap around from white to black.
        low = -(1 << (layout.bits - 1)) if words.dtype.kind == "i" else 0
        words = words.clip(low, low + (1 << layout.bits) - 1)
    # Widening keeps the sign; the view then shows the word's bits.
    size = layout.allocated // 8
    return np.ascontiguousarray(words, f"{words.dtype.kind}{size}").view(f"u{size}"), 1 << halvings


def _halvings(stream: Codestream, reduce_to: int | None) -> int:
    side = min(stream.rows, stream.columns)
    return min(stream.levels, int(math.log2(side / reduce_to))) if reduce_to and side > reduce_to else 0


def _reduced(frame: bytes, stream: Codestream, halvings: int) -> NDArray[Any]:
    """The low-pass image after leaving out the ``halvings`` finest wavelet levels.

    Pillow's OpenJPEG saturates; OpenJPH, ten times faster at it for HTJ2K, lets black wrap around to white.
    """
    from PIL import Image

    image: Any = Image.open(io.BytesIO(frame))
    image.reduce = halvings
    # Pillow rounds the reduced size where OpenJPEG rounds up, and then finds the stream broken.
    image._size = tuple(-(-size >> halvings) << halvings for size in image.size)
    words = np.asarray(image)
    # Pillow fills its 8 or 16 bits from the top and lifts signed samples to start at 0.
    words = words >> (words.itemsize * 8 - stream.bits)
    return words.astype(np.int32) - (1 << (stream.bits - 1)) if stream.signed else words
