"""Text burned into the air around the breast: found by place and shape, not read.

Everything is decided on blocks of ``stride`` x ``stride`` pixels, those of the thumbnail on which the breast was found.
A block keeps its darkest and its brightest pixel, so that no stroke is lost. Writing is narrow: what a morphological
opening or closing takes away (the top-hat transform) is a stroke, a label or a strip, bright on dark or dark on
bright. Film base, padding, shadows and the breast's own glow are wide and stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import Box, BreastRegion

Mask = NDArray[np.bool_]
Blocks = NDArray[np.float32]

# Shares of the image's longest side.
WIDEST: Final = 0.10
"""Up to this width a bright or dark part of the air is taken for writing or a label."""
PROTRUSION: Final = 0.07
"""What juts out of the breast and is narrower than this may be a label that touches it; the nipple is fainter."""
GUARD: Final = 0.02
"""Around the breast, where its skin may still glow, only what is too bright for skin is set to air."""
GAP: Final = 0.012
"""Letters closer than twice this make a word, and a word's box is wider by this on each side."""
# Shares of the brightness of the breast above the air.
FAINTEST: Final = 0.03
"""Contrast of the faintest writing that is looked for."""
STRONG: Final = 0.3
"""Contrast of writing that is told from skin."""
SHARP: Final = 0.6
"""Step from one block to the next that lead letters and burned-in text make, and a nipple does not."""
LEAD: Final = 95
"""Per cent of the breast's pixels that writing is brighter than; a nipple is not."""


@dataclass(frozen=True)
class Writing:
    """What is to be set to air.

    Attributes:
        mask: (rows, columns), True where a pixel is to be set.
        boxes: (row_min, col_min, row_max, col_max) around its parts, half-open, in pixels.
        air: (row, column) of a pixel of typical air.
    """

    mask: Mask
    boxes: list[Box]
    air: tuple[int, int]


def find_writing(values: NDArray[Any], breast: BreastRegion, corners: tuple[float, float] = (0.0, 0.0)) -> Writing:
    """Find what is written outside the breast.

    Args:
        values: (rows, columns), air dark; not windowed, because a window may hide writing that another one shows.
        breast: of the same image.
        corners: (height, width) of a rectangle at each corner, as shares of the image's sides, set to air as well: the
            way of Nguyen et al., Scientific Data 10:277 (2023), who chose theirs by looking at some of the images.

    Raises:
        MammoError: ``text-at-breast``, when a label reaches into the breast and cannot be removed without it.
    """
    stride = breast.stride
    darkest, brightest = _blocks(values, stride)
    tissue = _fitted(breast.mask, darkest.shape)
    middle = _fitted(values[stride // 2 :: stride, stride // 2 :: stride], darkest.shape)
    outside = ~_grown(tissue, 1)
    if not outside.any():
        return Writing(np.zeros(values.shape, bool), [], (0, 0))
    order = np.argsort(np.where(outside, middle, np.inf), axis=None)
    row, col = np.unravel_index(int(order[np.count_nonzero(outside) // 2]), middle.shape)
    reach = abs(float(np.median(middle[tissue])) - float(middle[row, col]))
    noise = float(np.median((brightest - darkest)[outside]))
    bright, dark = _narrow(darkest, brightest)
    strong = bright > max(STRONG * reach, 3 * noise)
    sharp = cv2.dilate(brightest, _square(1)) - cv2.erode(darkest, _square(1)) > SHARP * reach
    lead = brightest > np.percentile(middle[tissue], LEAD)
    if _touching(strong & sharp & lead, tissue, breast).any():
        raise MammoError("a label or text reaches into the breast; clean it by hand or leave it out", "text-at-breast")
    guard = _grown(tissue, _cells(GUARD, tissue))
    near = _grown(strong & guard & outside, 1) & outside
    written = ((np.maximum(bright, dark) > max(FAINTEST * reach, 2 * noise)) & ~guard) | near
    patches, boxes = _patches(written)
    patches |= _corners(patches.shape, corners)
    mask = _pixels((patches & ~guard) | near, stride, values.shape)
    row, col = (min(int(i) * stride + stride // 2, size - 1) for i, size in zip((row, col), values.shape, strict=True))
    return Writing(mask, [_scaled(box, stride, values.shape) for box in boxes if mask.any()], (row, col))


def _blocks(values: NDArray[Any], stride: int) -> tuple[Blocks, Blocks]:
    """Darkest and brightest pixel of every block; blocks at the lower and right edge may be cut."""
    rows, cols = (-size % stride for size in values.shape)
    whole = np.pad(values, ((0, rows), (0, cols)), mode="edge")
    tiles = whole.reshape(whole.shape[0] // stride, stride, whole.shape[1] // stride, stride)
    return tiles.min((1, 3)).astype(np.float32), tiles.max((1, 3)).astype(np.float32)


def _fitted(thumbnail: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """A thumbnail has no pixel for the lower and right blocks that are cut: the one before stands for them."""
    return np.pad(thumbnail, [(0, want - has) for want, has in zip(shape, thumbnail.shape, strict=True)], mode="edge")


def _cells(share: float, grid: NDArray[Any]) -> int:
    return max(1, round(share * max(grid.shape)))


def _square(reach: int) -> NDArray[np.uint8]:
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)


def _grown(mask: Mask, cells: int) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), _square(cells)).astype(bool)


def _narrow(darkest: Blocks, brightest: Blocks) -> tuple[Blocks, Blocks]:
    """How far each block is brighter, and darker, than what is wider than :data:`WIDEST` there."""
    element = _square(_cells(WIDEST / 2, darkest))
    opened = cv2.morphologyEx(brightest, cv2.MORPH_OPEN, element, borderType=cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(darkest, cv2.MORPH_CLOSE, element, borderType=cv2.BORDER_REPLICATE)
    return brightest - opened, closed - darkest


def _touching(strokes: Mask, tissue: Mask, breast: BreastRegion) -> Mask:
    """Strokes on what juts out of the breast or that come from the air right up to it.

    Not at the chest wall: skin folds there, and film ends.
    """
    cells = _cells(PROTRUSION, tissue)
    padded = np.pad(tissue, cells, mode="edge").astype(np.uint8)
    body = cv2.morphologyEx(padded, cv2.MORPH_OPEN, _square(cells // 2))[cells:-cells, cells:-cells].astype(bool)
    beside = _grown(tissue, 1)
    juts = strokes & beside & ~body
    juts &= cv2.filter2D(juts.astype(np.float32), -1, np.ones((5, 5), np.float32)) > 1.5  # one alone is a speck
    cols = np.flatnonzero(tissue.any(axis=0))
    if breast.chest_wall == "left":
        juts[:, : cols[0] + cells] = False
    else:
        juts[:, cols[-1] - cells :] = False
    return juts | (strokes & beside & ~tissue & _grown(strokes & ~beside, 1))


def _patches(written: Mask) -> tuple[Mask, list[Box]]:
    """Words as filled boxes, so that their place does not show their letters; a frame stays a frame."""
    words = _grown(written, _cells(GAP, written)).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(words, connectivity=8)
    patches, widest, boxes = words.astype(bool), _cells(WIDEST, written), []
    for part in range(1, count):
        left, top, width, height = (int(number) for number in stats[part, :4])
        boxes.append((top, left, top + height, left + width))
        if min(width, height) <= widest:
            patches[top : top + height, left : left + width] = True
    return patches, boxes


def _corners(shape: tuple[int, ...], shares: tuple[float, float]) -> Mask:
    mask = np.zeros(shape, bool)
    rows, cols = (int(np.ceil(share * size)) for share, size in zip(shares, shape, strict=True))
    if rows and cols:
        for vertical in (slice(None, rows), slice(-rows, None)):
            mask[vertical, :cols] = mask[vertical, -cols:] = True
    return mask


def _pixels(cells: Mask, stride: int, shape: tuple[int, ...]) -> Mask:
    return np.repeat(np.repeat(cells, stride, axis=0), stride, axis=1)[: shape[0], : shape[1]]


def _scaled(box: Box, stride: int, shape: tuple[int, ...]) -> Box:
    top, left, bottom, right = (edge * stride for edge in box)
    return top, left, min(bottom, shape[0]), min(right, shape[1])
