"""A DICOM file as header and undecoded pixel bytes; the pixel element is read by us, so a short one is noticed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import BinaryIO, Final, Literal

import pydicom
from pydicom.dataset import Dataset
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian

from mammo_monai.dicom.encapsulation import ITEM
from mammo_monai.errors import MammoError

PIXEL_TAGS: Final[dict[bytes, Literal["little", "big"]]] = {
    b"\xe0\x7f\x10\x00": "little",
    b"\x7f\xe0\x00\x10": "big",
}
UNDEFINED: Final = 0xFFFFFFFF
# Bounds what a deflated file of a few kilobytes may unfold to.
MOST_INFLATED: Final = 1 << 30


@dataclass(frozen=True)
class DicomFile:
    """Header of one DICOM file and where its pixels are.

    Attributes:
        dataset: every element before the pixel data.
        transfer_syntax: UID from the file meta information, "" when it has none.
        big_endian: byte order of native pixels.
        length: bytes of native pixel data that are there (the element may claim more); None: encapsulated.
        stream: positioned at the first byte of the pixel element's value; None without a pixel element.
    """

    dataset: Dataset
    transfer_syntax: str
    big_endian: bool
    length: int | None
    stream: BinaryIO | None


def looks_like_dicom(head: bytes) -> bool:
    """True for a file with the DICM prefix and for one that starts, without it, in group 0002 or 0008."""
    return head[128:132] == b"DICM" or (head[:2] in (b"\x02\x00", b"\x08\x00") and head[3:4] < b"\x02")


def open_header(path: Path, stream: BinaryIO) -> DicomFile:
    """Read everything before the pixel data (PS3.10); preamble and file meta information may be missing.

    Args:
        path: name of the file.
        stream: the same file, open at its start; it stays open.

    Raises:
        MammoError: the deflated part is damaged or unfolds beyond 1 GiB.
    """
    meta, stream = _inflated(path, stream)
    dataset = pydicom.dcmread(stream, stop_before_pixels=True, force=True)
    file_meta = meta if meta is not None else getattr(dataset, "file_meta", None)
    syntax = str((file_meta or {}).get("TransferSyntaxUID", "") or "")
    tag = stream.read(4)
    if tag not in PIXEL_TAGS:
        return DicomFile(dataset, syntax, False, 0, None)
    length = _pixel_length(stream, PIXEL_TAGS[tag])
    start = stream.tell()
    encapsulated = length == UNDEFINED or stream.read(4) == ITEM  # some writers count what they encapsulate
    there = stream.seek(0, SEEK_END) - start
    stream.seek(start)
    return DicomFile(dataset, syntax, PIXEL_TAGS[tag] == "big", None if encapsulated else min(length, there), stream)


def _pixel_length(stream: BinaryIO, order: Literal["little", "big"]) -> int:
    field = stream.read(4)
    if field[:2] in (b"OB", b"OW", b"UN"):  # explicit VR: two reserved bytes, then the length
        field = stream.read(4)
    return int.from_bytes(field, order)


def _inflated(path: Path, stream: BinaryIO) -> tuple[Dataset | None, BinaryIO]:
    """Unfold a deflated data set (PS3.5 A.5) within bounds; any other file is handed back as it is."""
    head = stream.read(132)
    stream.seek(0)
    if head[128:] != b"DICM":
        return None, stream
    meta = read_file_meta_info(path)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return None, stream
    stream.seek(144 + meta.FileMetaInformationGroupLength)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(stream.read(), MOST_INFLATED)
    except zlib.error as error:
        raise MammoError(f"its deflated part is damaged ({error}); copy it again", "unreadable") from error
    if not inflater.eof and inflater.unconsumed_tail:
        raise MammoError(f"it unfolds to more than {MOST_INFLATED} bytes; is it an image?", "too-many-pixels")
    return meta, BytesIO(data)
