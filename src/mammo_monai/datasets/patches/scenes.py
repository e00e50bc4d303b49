"""What the policies look at: one image's size, where its findings are and where the breast is. Images are read once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mammo_monai.datasets.patches.boxes import Box, Size
from mammo_monai.datasets.patches.located import located
from mammo_monai.datasets.records import Finding, Record
from mammo_monai.dicom.image import read_image
from mammo_monai.dicom.refusals import LIFTABLE
from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import find_breast

Item = Mapping[str, Any]
Progress = Callable[[Iterable[Any], int], Iterable[Any]]

ENOUGH: Final = 512
"""Rows and columns a JPEG 2000 image is decoded at; finding the breast needs no more."""
_ALLOW: Final = LIFTABLE - {"too-many-pixels"}
_LABELS: Final = ("laterality", "view", "birads", "pathology", "density")


@dataclass(frozen=True, slots=True)
class Breast:
    """Where the breast is, kept as bits: a data set has many images.

    Attributes:
        bits: thumbnail, one bit per pixel, 1 on the breast.
        size: (rows, columns) of the thumbnail.
        stride: pixels of the source image per pixel of the thumbnail.
    """

    bits: bytes
    size: Size
    stride: int

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The thumbnail, True on the breast."""
        packed = np.frombuffer(self.bits, np.uint8)
        return np.unpackbits(packed, count=self.size[0] * self.size[1]).reshape(self.size).view(bool)

    def touches(self, box: Box) -> bool:
        """Whether any of ``box`` (source pixels) is breast."""
        top, left, bottom, right = (max(0, edge) for edge in box)
        rows = slice(top // self.stride, -(-bottom // self.stride))
        cols = slice(left // self.stride, -(-right // self.stride))
        return bool(self.mask[rows, cols].any())


@dataclass(frozen=True, slots=True)
class Scene:
    """One image.

    Attributes:
        item: of the datalist the image is from.
        section: training, validation or test.
        record: what the item says.
        size: rows and columns of the source image; None when it was not read.
        places: of every finding its box, or None, and what is to be noted, see :func:`located`.
        breast: None when the image was not read, or shows none.
        error: why the image cannot be read; "" for one that can, or that was not tried.
    """

    item: Item
    section: str
    record: Record
    size: Size | None
    places: tuple[tuple[Box | None, str | None], ...]
    breast: Breast | None
    error: str = ""


def scenes(
    lists: Mapping[str, Sequence[Item]], root: Path, *, files: bool = True, progress: Progress = lambda work, _: work
) -> list[Scene]:
    """The scenes of a datalist's items, in its order.

    Args:
        lists: items of each section.
        root: folder of the data set.
        files: whether to read images (in threads, since decoders let go of the interpreter) or only what the list says.
        progress: wraps the work; gets it and its length.

    Raises:
        MammoError: an item's findings are none.
    """
    placed = [(section, item, record_of(item)) for section, items in lists.items() for item in items]
    look = partial(_read if files else _unread, root)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(progress(pool.map(lambda each: look(*each), placed), len(placed)))


def record_of(item: Item) -> Record:
    """The record an item was made of, as far as labels need it.

    Raises:
        MammoError: its findings are none.
    """
    try:
        findings = tuple(Finding(**finding) for finding in item["findings"])
    except TypeError as error:
        raise MammoError(
            f"{item['image']}: its findings are none ({error}); write the datalist again", "bad-datalist"
        ) from None
    labels: dict[str, Any] = {name: item[name] or None for name in _LABELS}
    return Record(item["image"], item["patient"], item["exam"], findings=findings, **labels)


def _unread(root: Path, section: str, item: Item, record: Record) -> Scene:
    places = tuple(located(finding, root, None) for finding in record.findings)
    return Scene(item, section, record, None, places, None)


def _read(root: Path, section: str, item: Item, record: Record) -> Scene:
    file = root / record.image
    try:
        image = read_image(file, allow=_ALLOW, reduce_to=ENOUGH, threads=1)
    except MammoError as error:
        return Scene(item, section, record, None, (), None, str(error))
    meta: dict[str, Any] = image.meta
    size = (int(meta["source_rows"]), int(meta["source_columns"]))
    places = tuple(located(finding, root, size) for finding in record.findings)
    return Scene(item, section, record, size, places, _breast(image.pixels, int(meta["reduced"])))


def _breast(pixels: NDArray[Any], reduced: int) -> Breast | None:
    try:
        found = find_breast(pixels)
    except MammoError:
        return None
    return Breast(np.packbits(found.mask).tobytes(), found.mask.shape, found.stride * reduced)
