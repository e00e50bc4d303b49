"""Examples of a class: breasts cut out of films, or the patches of a patch list, in one picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from mammo_monai.datasets.datalist.content import PREPARED
from mammo_monai.datasets.levels import FINDING
from mammo_monai.dicom.image import read_image
from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import Box, find_breast
from mammo_monai.transforms.contact_sheet import write_contact_sheet

TRIES = 3
"""Files that may fail per example wanted, so that a wrong root does not cost a walk through the data set."""


@dataclass(frozen=True, slots=True)
class Montage:
    """What a picture shows, tile by tile, and which files could not be shown, with the reason."""

    shown: tuple[Mapping[str, Any], ...]
    failed: tuple[str, ...]


def write_montage(items: Sequence[Mapping[str, Any]], root: Path, path: Path, *, count: int, tile: int) -> Montage:
    """Write a PNG of ``count`` items, each of another patient as long as there are any.

    The same datalist gives the same picture: items are drawn by a hash of their path. A tile's number is its place in
    ``shown``, from 1.

    Args:
        items: of one class.
        root: folder their ``image`` is relative to.
        path: the PNG to write; not written when no file can be shown.
        count: tiles, in rows of up to four.
        tile: pixels of a tile's side.
    """
    shown: list[Mapping[str, Any]] = []
    failed: list[str] = []

    def tiles() -> Iterator[tuple[str, NDArray[Any], Box | None]]:
        for item in _drawn(items)[: TRIES * count]:
            if len(shown) == count:
                return
            try:
                pixels, box = _example(item, root)
            except MammoError as error:
                failed.append(str(error))
            else:
                shown.append(item)
                yield f"{len(shown)} {item.get('laterality', '')} {item.get('view', '')}", pixels, box

    made = list(tiles())
    if made:
        write_contact_sheet(made, path, min(4, len(made)), tile)
    return Montage(tuple(shown), tuple(failed))


def _drawn(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The items in an order that depends on their paths alone, every patient's first before anyone's second."""
    by_hash = sorted(items, key=lambda item: hashlib.sha256(str(item["image"]).encode()).digest())
    seen: dict[tuple[str, str], int] = {}
    turns = []
    for item in by_hash:
        patient = (item.get("dataset", ""), item["patient"])
        seen[patient] = turn = seen.get(patient, 0) + 1
        turns.append(turn)
    return [item for _, item in sorted(zip(turns, by_hash, strict=True), key=lambda pair: pair[0])]


def _example(item: Mapping[str, Any], root: Path) -> tuple[NDArray[Any], Box | None]:
    """The breast and, at finding level, the box of the finding in it; of a patch list the patch alone.

    A prepared store holds the breast already; boxes are in pixels of the source, which it is not.
    """
    if PREPARED in item:
        return read_image(root / item[PREPARED]).pixels, None
    file = root / item["image"]
    image = read_image(file, reduce_to=512)
    scale = cast(int, image.meta["reduced"])
    if patch := item.get("box"):
        return _cut(image.pixels, _moved(patch, scale), file), None
    breast = find_breast(image.pixels, str(file)).box
    mark = _mark(item["findings"][0]) if FINDING in item and item["findings"] else None
    return _cut(image.pixels, breast, file), _moved(mark, scale, breast[:2]) if mark else None


def _mark(finding: Mapping[str, Any]) -> Sequence[float] | None:
    """The box of a finding, or the one around its circle."""
    if circle := finding.get("circle"):
        row, column, radius = circle
        return row - radius, column - radius, row + radius, column + radius
    return finding.get("box")


def _moved(box: Sequence[float], scale: int, origin: Sequence[int] = (0, 0)) -> Box:
    """A box of the source in pixels of a reduced image that begins at ``origin``."""
    top, left, bottom, right = (round(edge / scale) - origin[i % 2] for i, edge in enumerate(box))
    return top, left, bottom, right


def _cut(pixels: NDArray[Any], box: Box, file: Path) -> NDArray[Any]:
    """What of a box lies within an image."""
    top, left, bottom, right = (max(0, edge) for edge in box)
    cut = np.ascontiguousarray(pixels[top:bottom, left:right])
    if not cut.size:
        raise MammoError(f"{file}: the box {box} holds no pixel of it; write the list again", "bad-box")
    return cut
