"""One picture of many mammograms with the boxes that were found: look at it before you train."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.files import replacing
from mammo_monai.transforms.breast_region import Box

GREEN, YELLOW = (0, 255, 0), (0, 255, 255)


def write_contact_sheet(
    images: Iterable[tuple[str, NDArray[Any], Box | None]], path: Path, columns: int = 10, tile: int = 200
) -> None:
    """Write a PNG of all images, each with its box in green and its name in yellow.

    Grey levels are shown by their square root, so that faint skin and film background can be seen.

    Args:
        images: (name, (rows, columns) pixels, box or None) of each, read one by one; boxes as in ``find_breast``.
        path: the PNG to write.
        columns: tiles per row.
        tile: pixels of a tile's side.

    Raises:
        MammoError: reason ``not-writable``.
    """
    tiles = [_tile(name, pixels, box, tile) for name, pixels, box in images]
    blank = np.zeros((tile, tile, 3), np.uint8)
    tiles += [blank] * (-len(tiles) % columns or (0 if tiles else columns))
    sheet = np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])
    with replacing(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", sheet)[1].tobytes())


def _tile(name: str, pixels: NDArray[Any], box: Box | None, side: int) -> NDArray[np.uint8]:
    scale = (side - 1) / max(pixels.shape)
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    low, high = float(pixels.min()), float(pixels.max())
    grey = (255 * np.sqrt(np.clip((small - low) / ((high - low) or 1), 0, 1))).astype(np.uint8)
    shown = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    if box is not None:
        top, left, bottom, right = (round(edge * scale) for edge in box)
        cv2.rectangle(shown, (left, top), (right - 1, bottom - 1), GREEN)
    cv2.putText(shown, name, (3, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, YELLOW, 1, cv2.LINE_AA)
    tile = np.zeros((side, side, 3), np.uint8)
    tile[: size[1], : size[0]] = shown
    return tile
