"""Pixel data read, cleaned and written again: untouched streams byte for byte, changed images losslessly."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from mammo_monai.deidentification.bare_stream import bare
from mammo_monai.dicom.decode import decode
from mammo_monai.dicom.encapsulation import frame_bytes
from mammo_monai.dicom.encode import DEFLATED, ENCODERS, EXPLICIT, IMPLICIT
from mammo_monai.dicom.header import DicomFile
from mammo_monai.dicom.rendering import stored_words
from mammo_monai.errors import MammoError

Words = NDArray[Any]

_JPEG: Final = "1.2.840.10008.1.2.4."
LOSSLESS: Final[Mapping[str, str]] = {
    EXPLICIT: EXPLICIT,
    IMPLICIT: IMPLICIT,
    DEFLATED: DEFLATED,
    "1.2.840.10008.1.2.5": "1.2.840.10008.1.2.5",
    **{_JPEG + old: _JPEG + new for old, new in {"50": "70", "51": "70", "57": "70", "70": "70"}.items()},
    **{_JPEG + old: _JPEG + new for old, new in {"80": "80", "81": "80", "90": "90", "91": "90"}.items()},
    **{_JPEG + old: _JPEG + new for old, new in {"201": "201", "202": "201", "203": "201"}.items()},
}
"""Transfer syntaxes that are read, and the lossless one of the same family in which a changed image is written."""


@dataclass(frozen=True)
class PixelData:
    """Value of a Pixel Data element.

    Attributes:
        value: of the element.
        syntax: transfer syntax it is in.
    """

    value: bytes
    syntax: str

    def put(self, dataset: Dataset) -> None:
        """Add the element."""
        native = self.syntax in (EXPLICIT, IMPLICIT, DEFLATED)
        wide = self.syntax == IMPLICIT or dataset.BitsAllocated > 8
        dataset.add_new(0x7FE00010, "OW" if native and wide else "OB", self.value)
        dataset["PixelData"].is_undefined_length = not native


def read(file: DicomFile) -> tuple[Words, PixelData]:
    """Words of the one frame, and the same stream as it can be passed on: without comments and trailing bytes.

    Raises:
        MammoError: ``unsupported-format`` for a transfer syntax that cannot be written again, or as ``decode``.
    """
    syntax = file.transfer_syntax or (IMPLICIT if file.dataset.is_implicit_VR else EXPLICIT)
    native = syntax in (EXPLICIT, IMPLICIT, DEFLATED)
    if syntax not in LOSSLESS or file.big_endian or native != (file.length is not None):
        raise MammoError(f"its transfer syntax {syntax} cannot be written; convert it first", "unsupported-format")
    assert file.stream is not None  # noqa: S101
    if native:
        words = decode(file)[0]
        return words, PixelData(_native(words), syntax)
    value = encapsulate([bare(frame_bytes(file.stream.read(), 1))])
    words = decode(dataclasses.replace(file, stream=io.BytesIO(value)))[0]
    return words, PixelData(value, syntax)


def write(words: Words, file: DicomFile) -> PixelData:
    """Encode changed words losslessly; decoded again they are the same, or else they are stored native."""
    syntax = LOSSLESS[file.transfer_syntax] if file.length is None else file.transfer_syntax or EXPLICIT
    if syntax in ENCODERS:
        bits = max(2, stored_words(file.dataset).bits, int(words.max()).bit_length())
        value = encapsulate([ENCODERS[syntax](np.ascontiguousarray(words), bits)])
        again = dataclasses.replace(file, transfer_syntax=syntax, stream=io.BytesIO(value))
        if np.array_equal(decode(again)[0], words):
            return PixelData(value, syntax)
        syntax = EXPLICIT
    return PixelData(_native(words), syntax)


def without_unused_bits(words: Words, header: Dataset) -> Words:
    """Words whose bits outside the sample are zero or continue its sign: old overlays were drawn there (C.9.2.1)."""
    layout = stored_words(header)
    used = ((1 << layout.bits) - 1) << (layout.high_bit + 1 - layout.bits)
    cleared = words & words.dtype.type(used)
    if not layout.signed:
        return cleared
    above = words.dtype.type(((1 << layout.allocated) - 1) & ~((1 << (layout.high_bit + 1)) - 1))
    negative = (words >> layout.high_bit) & 1
    return np.where(negative == 1, cleared | above, cleared)


def _native(words: Words) -> bytes:
    data = words.astype(words.dtype.newbyteorder("<"), copy=False).tobytes()
    return data + b"\0" * (len(data) % 2)
