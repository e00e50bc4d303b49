"""A DICOM header as a :class:`~mammo_monai.dicom.pixels.Rendering`, and the choice of one of its VOIs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from mammo_monai.dicom.pixels import Linear, Lut, Rendering, Window, Words
from mammo_monai.errors import MammoError


def rendering(header: Dataset, *, big_endian: bool = False) -> Rendering:
    """What the Image Pixel, Modality LUT and VOI LUT modules of ``header`` say.

    Raises:
        MammoError: ``unreadable`` for a LUT whose data is shorter than its descriptor says.
    """
    words = stored_words(header)
    modality = _modality(header, words, big_endian)
    partial = Rendering(words, modality)
    signed = partial.nominal()[0] < 0
    luts = [_lut(item, signed, big_endian) for item in header.get("VOILUTSequence") or ()]
    inverse = str(header.get("PhotometricInterpretation", "")).strip() == "MONOCHROME1"
    return Rendering(words, modality, (*luts, *_windows(header)), inverse, _padding(header, words))


def stored_words(header: Dataset) -> Words:
    """Layout of a sample; a Bits Stored or High Bit that is absent or impossible gives way to Bits Allocated."""
    allocated = int(header.BitsAllocated)
    bits = int(header.get("BitsStored") or allocated)
    bits = bits if 0 < bits <= allocated else allocated
    high = header.get("HighBit")
    high_bit = bits - 1 if high is None or not bits <= int(high) + 1 <= allocated else int(high)
    return Words(allocated, bits, high_bit, header.get("PixelRepresentation") == 1)


def choose(rendered: Rendering, voi: str | int) -> Lut | Window | None:
    """One of the header's VOIs: "first", its index, or its explanation (upper and lower case alike).

    Returns:
        None for "first" where the header has no VOI at all.

    Raises:
        MammoError: ``no-such-voi``; the text lists what the header has.
    """
    vois = rendered.vois
    if voi == "first":
        return vois[0] if vois else None
    if isinstance(voi, int) and 0 <= voi < len(vois):
        return vois[voi]
    for item in vois:
        if isinstance(voi, str) and item.name.lower() == voi.strip().lower():
            return item
    known = ", ".join(f"{i}: {item}" for i, item in enumerate(vois)) or "none"
    raise MammoError(f"it has no VOI {voi!r}; the header offers {known}", "no-such-voi")


def numbers(header: Dataset, keyword: str) -> list[float]:
    """Finite numbers of a single or multi-valued element; what is no number is left out."""
    found = []
    for item in _values(header, keyword):
        try:
            found.append(float(item))
        except (TypeError, ValueError):
            continue
    return [number for number in found if math.isfinite(number)]


def texts(header: Dataset, keyword: str) -> list[str]:
    """Stripped strings of a single or multi-valued element."""
    return [str(item).strip(" \0\t\r\n") for item in _values(header, keyword)]


def _values(header: Dataset, keyword: str) -> list[Any]:
    """An element that pydicom cannot make sense of counts as absent: a damaged name is no reason to refuse an image."""
    try:
        value = header.get(keyword)
    except Exception:
        return []
    return [value] if isinstance(value, str | int | float) else list(value or ())


def _modality(header: Dataset, words: Words, big_endian: bool) -> Lut | Linear:
    sequence = header.get("ModalityLUTSequence")
    if sequence:
        return _lut(sequence[0], words.signed, big_endian)
    # Not numbers(): a value that is there but cannot be read must not pass for an absent one.
    slope, intercept = (float(header.get(keyword) or 0) for keyword in ("RescaleSlope", "RescaleIntercept"))
    return Linear(slope or 1.0, intercept)


def _windows(header: Dataset) -> list[Window]:
    """Windows in order, without those of a width that C.11.2.1.2 forbids (LINEAR below 1, others not positive)."""
    function = str(header.get("VOILUTFunction") or "LINEAR").strip().upper()
    function = function if function in ("LINEAR_EXACT", "SIGMOID") else "LINEAR"
    names = texts(header, "WindowCenterWidthExplanation")
    pairs = zip(numbers(header, "WindowCenter"), numbers(header, "WindowWidth"), strict=False)
    return [
        Window(centre, width, function, names[i] if i < len(names) else "")
        for i, (centre, width) in enumerate(pairs)
        if width >= 1 or (width > 0 and function != "LINEAR")
    ]


def _lut(item: Dataset, signed: bool, big_endian: bool) -> Lut:
    """C.11.1.1.1: 0 entries mean 65536; the first mapped value is as signed as the values that are looked up."""
    entries, first, bits = (int(value) for value in item.LUTDescriptor)
    entries = entries % 65536 or 65536
    first = (first + 32768) % 65536 - 32768 if signed else first % 65536
    data = _entries(item, entries, bits, big_endian)
    if len(data) < entries:
        raise MammoError(f"a LUT has {len(data)} of its {entries} entries; export it again", "unreadable")
    data = data[:entries]
    name = str(item.get("LUTExplanation") or "").strip()
    # Some writers declare fewer bits than their entries use.
    return Lut(first, data.astype(np.float64), max(bits, int(data.max()).bit_length(), 1), name)


def _entries(item: Dataset, entries: int, bits: int, big_endian: bool) -> NDArray[Any]:
    """LUT Data as OW bytes or US numbers; entries of 8 bits may be packed two to a word."""
    element: Any = item.get_item("LUTData")  # as read from the file: pydicom takes a millisecond to make a list of it
    if isinstance(element.value, bytes):
        words = np.frombuffer(element.value, ">u2" if big_endian else "<u2", len(element.value) // 2)
    else:
        words = np.atleast_1d(np.asarray(element.value)).astype(np.uint16)
    packed = bits <= 8 and len(words) < entries
    return words.astype("<u2").view(np.uint8) if packed else words


def _padding(header: Dataset, words: Words) -> tuple[int, int] | None:
    """Pixel Padding Value .. Range Limit, in either order (C.7.5.1.1.2), re-read with the sign of the pixels."""
    value = header.get("PixelPaddingValue")
    if value is None:
        return None
    limit = header.get("PixelPaddingRangeLimit")
    ends = sorted(_resigned(int(end), words) for end in (value, value if limit is None else limit))
    return ends[0], ends[1]


def _resigned(value: int, words: Words) -> int:
    """The two's complement reading that fits Pixel Representation: implicit files often carry the other one."""
    value %= 1 << words.allocated
    return value - (1 << words.allocated) if words.signed and value >> (words.allocated - 1) else value
