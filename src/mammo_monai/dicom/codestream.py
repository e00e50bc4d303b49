"""What a compressed frame is, how large and whether its end is there, from the codestream itself.

A DICOM header may lie or lack the transfer syntax, and some decoders hand back a half-filled image for a
stream cut short (libjpeg, OpenJPH). So size and completeness are read from the markers before anything is
decoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

END: Final = b"\xff\xd9"  # EOI of JPEG and JPEG-LS, EOC of JPEG 2000; impossible inside entropy-coded data
JPEG_FRAMES: Final = {*range(0xC0, 0xD0), 0xF7} - {
    0xC4,
    0xC8,
    0xCC,
}  # SOF0..15 and SOF55, less DHT, JPG and DAC


@dataclass(frozen=True)
class Codestream:
    """Codec family ("jpeg", "jpegls", "jpeg2000", "htj2k"), size and state of one compressed frame.

    Attributes:
        codec: key of the decoder.
        rows: height in pixels as the codestream has it.
        columns: width in pixels.
        components: samples per pixel.
        bits: precision of a sample.
        signed: samples are two's complement (JPEG 2000 only).
        levels: how often a JPEG 2000 image can be halved; 0 for the others.
        complete: the end marker stands after the start of the coded data.
    """

    codec: str
    rows: int
    columns: int
    components: int
    bits: int
    signed: bool
    levels: int
    complete: bool


def inspect(frame: bytes) -> Codestream | None:
    """Read the markers of ``frame``; None for what is not JPEG, JPEG-LS or JPEG 2000 or breaks off before its size."""
    if frame[:4] == b"\x00\x00\x00\x0c":  # a JP2 file where DICOM wants the bare codestream
        start = frame.find(b"\xff\x4f\xff\x51")
        return _jpeg2000(frame[start:]) if start > 0 else None
    if frame[:4] == b"\xff\x4f\xff\x51":
        return _jpeg2000(frame)
    return _jpeg(frame) if frame[:2] == b"\xff\xd8" else None


def _number(frame: bytes, at: int, size: int = 2) -> int:
    return int.from_bytes(frame[at : at + size], "big")


def _complete(frame: bytes, data: int) -> bool:
    return frame.rfind(END) > data >= 0


def _jpeg(frame: bytes) -> Codestream | None:
    """ISO/IEC 10918-1 B.2 and 14495-1 C.2: walk the segments up to the frame header."""
    at = 2
    while at + 9 < len(frame):
        if frame[at] != 0xFF:
            return None
        marker = frame[at + 1]
        if marker in JPEG_FRAMES:
            codec = "jpegls" if marker == 0xF7 else "jpeg"
            complete = _complete(frame, frame.find(b"\xff\xda", at))
            rows, columns, bits = _number(frame, at + 5), _number(frame, at + 7), frame[at + 4]
            return Codestream(codec, rows, columns, frame[at + 9], bits, False, 0, complete)
        at += 1 if marker == 0xFF else 2 + _number(frame, at + 2)  # fill bytes may precede a marker
    return None


def _jpeg2000(frame: bytes) -> Codestream | None:
    """ISO/IEC 15444-1 A.5.1 (SIZ) and A.6.1 (COD); part 15 (HTJ2K) sets bit 14 of Rsiz."""
    cod = frame.find(b"\xff\x52", 42)
    if cod < 0 or cod + 9 >= len(frame):
        return None
    columns = _number(frame, 8, 4) - _number(frame, 16, 4)
    rows = _number(frame, 12, 4) - _number(frame, 20, 4)
    codec = "htj2k" if _number(frame, 6) & 0x4000 else "jpeg2000"
    complete = _complete(frame, frame.find(b"\xff\x93", cod))
    bits, signed = (frame[42] & 0x7F) + 1, frame[42] > 0x7F
    return Codestream(codec, rows, columns, _number(frame, 40), bits, signed, frame[cod + 9], complete)
