"""Pictures for the person who checks the result: every image before and after, and what was taken out of it.

They show what was taken out, names included, and belong where the originals are, not to what is handed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.files import replacing
from mammo_monai.transforms.breast_region import Box

SIDE: Final = 320
COLUMNS: Final = 2
ROWS: Final = 6
CROPS: Final = 12
RED, YELLOW = (0, 0, 255), (0, 255, 255)

Picture = NDArray[np.uint8]


def write_tile(path: Path, before: NDArray[Any], after: NDArray[Any], boxes: Sequence[Box], title: str) -> None:
    """One image as PNG: before with red boxes | after | the larger boxes' content before.

    Args:
        path: to write.
        before: (rows, columns), 0..65535.
        after: the same, cleaned.
        boxes: (row_min, col_min, row_max, col_max) in pixels.
        title: pseudonym of the file.
    """
    marked = _fit(before, SIDE, SIDE)
    scale = SIDE / max(before.shape)
    for box in boxes:
        top, left, bottom, right = (round(edge * scale) for edge in box)
        cv2.rectangle(marked, (left, top), (right, bottom), RED)
    tile = np.hstack([marked, _fit(after, SIDE, SIDE), _crops(before, boxes)])
    cv2.putText(tile, title, (3, SIDE - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.4, YELLOW, 1, cv2.LINE_AA)
    _write(path, tile)


def write_sheets(tiles: Sequence[Path], folder: Path, name: str) -> list[Path]:
    """Tiles put together to sheets ``name-001.png``, ...; earlier sheets of that name are removed.

    Returns:
        the sheets written.
    """
    for old in folder.glob(f"{name}-*.png"):
        old.unlink()
    sheets = []
    for number, start in enumerate(range(0, len(tiles), COLUMNS * ROWS), 1):
        pictures = [cv2.imread(str(tile)) for tile in tiles[start : start + COLUMNS * ROWS]]
        pictures += [np.zeros_like(pictures[0])] * (-len(pictures) % COLUMNS)
        rows = [np.hstack(pictures[i : i + COLUMNS]) for i in range(0, len(pictures), COLUMNS)]
        sheets.append(folder / f"{name}-{number:03d}.png")
        _write(sheets[-1], np.vstack(rows))
    return sheets


def _fit(image: NDArray[Any], height: int, width: int) -> Picture:
    """Shown by the square root of the grey level, so that faint writing in the air is seen; black around it."""
    scale = min(height / image.shape[0], width / image.shape[1])
    size = max(1, int(image.shape[1] * scale)), max(1, int(image.shape[0] * scale))
    small = cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: size[1], : size[0]] = (255 * np.sqrt(np.clip(small / 65535, 0, 1)))[..., None]
    return picture


def _crops(image: NDArray[Any], boxes: Sequence[Box]) -> Picture:
    """The largest boxes, largest first, in a grid of 3 columns."""
    largest = sorted(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), reverse=True)[:CROPS]
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    height, width = SIDE // (CROPS // 3), SIDE // 3
    for i, (top, left, bottom, right) in enumerate(largest):
        row, col = i // 3 * height, i % 3 * width
        crop = _fit(image[top:bottom, left:right], height - 2, width - 2)
        picture[row : row + height - 2, col : col + width - 2] = crop
    return picture


def _write(path: Path, picture: Picture) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
