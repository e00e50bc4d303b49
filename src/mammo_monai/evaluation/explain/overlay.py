"""A heat map over a mammogram, as a picture that says what it is."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.files import replacing
from mammo_monai.notice import NOTICE

GREEN, WHITE = (0, 255, 0), (255, 255, 255)
OPACITY = 0.6
LINE = 18
"""Rows of one line of text."""
WIDTH = 7
"""Columns of one character."""


def write_overlay(
    path: Path,
    image: NDArray[Any],
    heat: NDArray[np.float32],
    boxes: Sequence[Sequence[float]] = (),
    caption: Sequence[str] = (),
) -> None:
    """Write a PNG of :func:`drawn`, with the research-use notice below the caption.

    Raises:
        MammoError: reason ``not-writable``.
    """
    shown = drawn(image, heat, boxes, [*caption, NOTICE])
    with replacing(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", shown[..., ::-1])[1])


def drawn(
    image: NDArray[Any], heat: NDArray[np.float32], boxes: Sequence[Sequence[float]] = (), caption: Sequence[str] = ()
) -> NDArray[np.uint8]:
    """The picture: pixel (row, column) is that of the image; the text stands below it.

    Args:
        image: (rows, columns), any range; shown from its 1st to its 99.8th percentile.
        heat: (rows, columns), 0 (transparent) to 1.
        boxes: (row_min, col_min, row_max, col_max), half-open.
        caption: lines of text.

    Returns:
        (rows and more, columns, 3) RGB.
    """
    low, high = np.percentile(image, (1, 99.8))
    grey = np.clip((image - float(low)) * (255 / max(float(high - low), 1e-9)), 0, 255).astype(np.float32)
    level = np.clip(heat, 0, 1)
    colours = cv2.applyColorMap((255 * level).astype(np.uint8), cv2.COLORMAP_TURBO).astype(np.float32)
    alpha = OPACITY * level[..., None]
    shown = (grey[..., None] * (1 - alpha) + colours * alpha).round().astype(np.uint8)
    thickness = max(1, round(max(image.shape) / 500))
    for box in boxes:
        top, left, bottom, right = (round(edge) for edge in box)
        cv2.rectangle(shown, (left, top), (right - 1, bottom - 1), GREEN, thickness)
    below = [_text(caption, shown.shape[1])] if caption else []
    return np.ascontiguousarray(np.vstack([shown, *below])[..., ::-1])


def _text(lines: Sequence[str], cols: int) -> NDArray[np.uint8]:
    """White on black, larger on larger pictures, broken where it does not fit."""
    scale = max(1, cols // 500)
    broken = [part for line in lines for part in textwrap.wrap(line, max(8, cols // (WIDTH * scale)))]
    strip = np.zeros((LINE * scale * len(broken), cols, 3), np.uint8)
    for number, line in enumerate(broken, 1):
        origin = (2 * scale, (LINE * number - 5) * scale)
        cv2.putText(strip, line, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.37 * scale, WHITE, scale, cv2.LINE_AA)
    return strip
