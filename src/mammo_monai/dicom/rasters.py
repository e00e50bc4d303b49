"""PNG, JPEG, TIFF and PGM files: their grey values as they are, in (row, column) order."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mammo_monai.dicom.codestream import inspect
from mammo_monai.dicom.refusals import check_size
from mammo_monai.errors import MammoError

CUT: Final = "copy it again"
PNM: Final = re.compile(
    rb"P([2356])\s(?:\s*#[^\n]*\n)*\s*(\d+)\s(?:\s*#[^\n]*\n)*\s*(\d+)\s(?:\s*#[^\n]*\n)*\s*(\d+)\s"
)


def read_raster(path: Path, max_pixels: int, allow: Collection[str]) -> NDArray[Any]:
    """Decode one raster file; its size is judged by its header first.

    Args:
        path: the file.
        max_pixels: see :func:`~mammo_monai.dicom.refusals.check_size`.
        allow: lifted reason codes.

    Returns:
        (rows, columns), uint8 or uint16 (TIFF: also float32); grey stored as RGB is reduced to one channel,
        transparent pixels are background (0), a palette is applied. EXIF rotation is not: rows and columns
        are those of the file.

    Raises:
        MammoError: ``colour``, ``truncated-pixels``, ``too-many-pixels``, ``multi-frame`` or ``unreadable``.
    """
    data = path.read_bytes()
    decoder = next(decoder for magic, decoder in RASTERS.items() if data.startswith(magic))
    return _grey(decoder(data, max_pixels, allow))


def _png(data: bytes, max_pixels: int, allow: Collection[str]) -> NDArray[Any]:
    import imagecodecs

    check_size(int.from_bytes(data[20:24], "big"), int.from_bytes(data[16:20], "big"), max_pixels, allow)
    if b"IEND" not in data[-64:] and b"IEND" not in data:
        raise MammoError(f"its PNG data has no end; {CUT}", "truncated-pixels")
    return imagecodecs.png_decode(data)


def _jpeg(data: bytes, max_pixels: int, allow: Collection[str]) -> NDArray[Any]:
    import imagecodecs

    stream = inspect(data)
    if stream is None or not stream.complete:
        raise MammoError(f"its JPEG data ends before its end marker; {CUT}", "truncated-pixels")
    check_size(stream.rows, stream.columns, max_pixels, allow)
    return imagecodecs.jpegls_decode(data) if stream.codec == "jpegls" else imagecodecs.jpeg8_decode(data)


def _tiff(data: bytes, max_pixels: int, allow: Collection[str]) -> NDArray[Any]:
    import imagecodecs
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        tiff: Any = image
        if tiff.n_frames > 1 and "multi-frame" not in allow:
            raise MammoError(f"it has {tiff.n_frames} pages, expected one; pass allow=['multi-frame']", "multi-frame")
        page = tiff.n_frames // 2
        tiff.seek(page)
        check_size(tiff.height, tiff.width, max_pixels, allow)
        white_is_zero = tiff.tag_v2.get(262) == 0
        last = max(o + n for o, n in zip(_ends(tiff, 273, 324), _ends(tiff, 279, 325), strict=True))
    if last > len(data):
        raise MammoError(f"its TIFF data ends {last - len(data)} bytes early; {CUT}", "truncated-pixels")
    values = imagecodecs.tiff_decode(data, index=page)
    return ~values if white_is_zero and values.dtype.kind == "u" else values


def _ends(tiff: Any, strips: int, tiles: int) -> tuple[int, ...]:
    found = tiff.tag_v2.get(strips, tiff.tag_v2.get(tiles))
    return found if isinstance(found, tuple) else (found,)


def _pnm(data: bytes, max_pixels: int, allow: Collection[str]) -> NDArray[Any]:
    """Netpbm P2, P3, P5, P6; samples of 2 bytes, high byte first, when the largest value is above 255."""
    header = PNM.match(data)
    if header is None:
        raise MammoError("its Netpbm header is damaged; export it again", "unreadable")
    kind, columns, rows, largest = (int(number) for number in header.groups())
    check_size(rows, columns, max_pixels, allow)
    shape = (rows, columns, 3) if kind in (3, 6) else (rows, columns)
    count = int(np.prod(shape))
    size = 1 if largest < 256 else 2
    if kind in (2, 3):
        plain = re.sub(rb"#[^\n]*", b"", data[header.end() :]).split(None, count)[:count]
        values = np.array(plain, dtype=np.int64)
    else:
        values = np.frombuffer(data[header.end() : header.end() + count * size], f">u{size}")
    if len(values) < count:
        raise MammoError(f"it has {len(values)} of {count} samples; {CUT}", "truncated-pixels")
    return values.reshape(shape).astype(f"u{size}")


def _grey(values: NDArray[Any]) -> NDArray[Any]:
    """One channel of an image whose colour channels agree."""
    if values.ndim == 2:
        return values
    if values.ndim != 3 or values.shape[2] > 4:
        raise MammoError(f"its shape is {values.shape}, expected one grey image; export it again", "unsupported-format")
    channels = values.shape[2]
    colours = values[..., : channels - 1] if channels in (2, 4) else values
    grey = colours[..., 0]
    if any(not np.array_equal(grey, colours[..., i]) for i in range(1, colours.shape[2])):
        raise MammoError("it is a colour image, expected grey; export it in grey", "colour")
    return np.where(values[..., -1] == 0, 0, grey).astype(values.dtype) if channels in (2, 4) else grey.copy()


Raster = Callable[[bytes, int, Collection[str]], NDArray[Any]]
RASTERS: Final[dict[bytes, Raster]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"\xff\xd8\xff": _jpeg,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
    **dict.fromkeys((b"P2", b"P3", b"P5", b"P6"), _pnm),
}
