"""NIfTI, NRRD and MetaImage files of one slice, as (row, column).

All three store the fastest axis first and call it x or i; for a projection that is the column. What ITK, 3D
Slicer or MONAI Label saves from a DICOM image therefore comes back as the DICOM's own (row, column) array;
direction cosines (NIfTI turns x and y over) only move the axes' names and are not applied.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mammo_monai.dicom.refusals import check_size
from mammo_monai.errors import MammoError

DIMENSIONS: Final = re.compile(rb"^(?:NDims\s*=|dimension:)\s*(\d+)\s*$", re.MULTILINE)


def is_nifti(head: bytes) -> bool:
    """True for NIfTI-1 and NIfTI-2 in one file, and for gzip, in which only NIfTI comes."""
    return head[344:348] == b"n+1\0" or head[4:8] == b"n+2\0" or head[:2] == b"\x1f\x8b"


def is_itk(head: bytes) -> bool:
    """True for NRRD and for MetaImage headers, which begin with the key ObjectType or NDims."""
    return head.startswith((b"NRRD00", b"ObjectType", b"NDims"))


def read_nifti(path: Path, max_pixels: int, allow: Collection[str]) -> NDArray[Any]:
    """Values after NIfTI's scaling; see :func:`_slice` for the shape."""
    import nibabel

    with path.open("rb") as file:
        stream: Any = gzip.GzipFile(fileobj=file) if file.read(2) == b"\x1f\x8b" else file
        file.seek(0)
        kind = nibabel.Nifti2Image if stream.read(8)[4:] == b"n+2\0" else nibabel.Nifti1Image
        stream.seek(0)
        loaded: Any = kind.from_stream(stream)  # not load(), which goes by the suffix
        shape = _checked(loaded.shape, max_pixels, allow)
        with _whole():
            return _slice(np.asarray(loaded.dataobj).T, shape[::-1])


def read_itk(path: Path, max_pixels: int, allow: Collection[str]) -> NDArray[Any]:
    """NRRD or MetaImage through ITK, whose arrays already have the slowest axis first."""
    import itk

    with path.open("rb") as stream:
        dimensions = DIMENSIONS.search(stream.read(4096))
    # ITK does not refuse a damaged count but writes past its tables and ends the process.
    if dimensions is None or dimensions[1] not in (b"2", b"3", b"4"):
        raise MammoError("its header gives no number of dimensions from 2 to 4; export it again", "unreadable")
    io = itk.ImageIOFactory.CreateImageIO(str(path), itk.CommonEnums.IOFileMode_ReadMode)
    if io is None:
        raise MammoError(
            "ITK goes by the suffix and does not know this one; use .nrrd, .mha or .mhd", "unsupported-format"
        )
    io.SetFileName(str(path))
    io.ReadImageInformation()
    if io.GetNumberOfComponents() != 1:
        raise MammoError(f"it has {io.GetNumberOfComponents()} components per pixel, expected one", "colour")
    shape = _checked(tuple(io.GetDimensions(i) for i in range(io.GetNumberOfDimensions())), max_pixels, allow)
    with _whole():
        return _slice(itk.array_from_image(itk.imread(str(path))), shape[::-1])


def _checked(shape: tuple[int, ...], max_pixels: int, allow: Collection[str]) -> tuple[int, ...]:
    """Size by the header, fastest axis first: (columns, rows) and nothing but ones after them."""
    if len(shape) < 2:
        raise MammoError(f"its shape is {shape}, expected (columns, rows)", "unsupported-format")
    if any(size != 1 for size in shape[2:]):
        raise MammoError(f"it is a volume of shape {shape}, expected one slice", "multi-frame")
    check_size(shape[1], shape[0], max_pixels, allow)
    return shape


@contextmanager
def _whole() -> Iterator[None]:
    """The header was read: what fails now is the data."""
    try:
        yield
    except (OSError, EOFError, RuntimeError, ValueError, zlib.error) as error:
        why = " ".join(str(error).split())[:120]
        raise MammoError(f"its data breaks off or is damaged ({why}); copy it again", "truncated-pixels") from error


def _slice(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    return np.ascontiguousarray(values.reshape(shape[-2:]))
