"""Find the breast in a mammogram: where it is and on which side the chest wall lies. numpy and OpenCV only.

All decisions are made on a strided thumbnail of about 320 pixels: a large image costs what a small one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.errors import MammoError

Box = tuple[int, int, int, int]
Side = Literal["left", "right"]
Grey = NDArray[np.uint8]

LONGEST_SIDE = 320
"""Pixels of the thumbnail's longest side: 0.75 mm each on a 24 cm film."""
MIN_THUMBNAIL = 8
"""Pixels of the thumbnail's shorter side below which an image is a strip, not a film."""
TISSUE_WIDTH = 0.06
"""Share of the longest side; what is narrower is not breast: tape, strip of abdomen, bridge to a label."""
MARGIN = 0.015
"""Added around the breast, as a share of the longest side, so that a faint skin line is never cut."""
AIR_SPREAD = 40
"""Grey levels of 256; air on film, the brightest included, spreads over fewer than half of this."""

UNCLEAR = 0.2
"""Below this confidence pixels do not tell the side (a breast that fills the film) and laterality decides."""
SIDES: Mapping[str, Side] = MappingProxyType({"L": "left", "R": "right"})
"""Where the chest wall lies in a standard view of each breast, as the reader sees it."""
BREAST_AT: Mapping[str, str] = MappingProxyType({side: breast for breast, side in SIDES.items()})
"""The breast whose standard views have the chest wall on that side of the image."""


@dataclass(frozen=True, slots=True)
class BreastRegion:
    """Where the breast is.

    Attributes:
        box: (row_min, col_min, row_max, col_max) in pixels of the full image, half-open.
        chest_wall: side of the image on which the chest wall lies.
        confidence: 0 (either side is as likely) to 1 (only that side touches the breast).
        mask: thumbnail, True on the breast; its row i stands for rows ``i * stride`` to ``(i + 1) * stride``.
        stride: pixels of the full image per pixel of the thumbnail.
    """

    box: Box
    chest_wall: Side
    confidence: float
    mask: NDArray[np.bool_]
    stride: int


def find_breast(image: NDArray[Any], name: str = "image") -> BreastRegion:
    """Find the breast among air, film frame, tape, burned-in labels and collimator bars.

    1. Even borders (padding, frames, bars) are set aside; air is the commonest dark grey level of the rest.
    2. Tissue is what is brighter than air. Of the parts wide enough to hold a square of ``TISSUE_WIDTH``, the
       one with the most area times contrast is the breast (a white frame is large but even).
    3. The breast is grown back into the tissue around it, by half that width: skin line and nipple return,
       strips and labels do not.

    Args:
        image: (rows, columns), any integer or floating type, air dark (MONOCHROME1 already inverted).
        name: what errors call the image, its file as a rule.

    Raises:
        MammoError: reason ``no-breast``, when nothing large stands out from the background.
    """
    stride = max(1, round(max(image.shape) / LONGEST_SIDE)) if image.size else 1
    if min(image.shape) < MIN_THUMBNAIL * stride:
        raise MammoError(
            f"{name}: {image.shape[0]} x {image.shape[1]} pixels are too narrow for a breast; leave it out", "no-breast"
        )
    mask = _breast(_thumbnail(image, stride)) if image.size else np.zeros(image.shape, np.uint8)
    if not mask.any():
        raise MammoError(
            f"{name}: no breast found in it, the image is empty or even; check the file or leave it out",
            reason="no-breast",
        )
    col, row, width, height = cv2.boundingRect(mask)
    chest_wall, confidence = _chest_wall(mask[row : row + height, col : col + width])
    margin = round(MARGIN * max(image.shape))
    box = (
        max(0, row * stride - margin),
        max(0, col * stride - margin),
        min(image.shape[0], (row + height) * stride + margin),
        min(image.shape[1], (col + width) * stride + margin),
    )
    return BreastRegion(box, chest_wall, confidence, mask.view(bool), stride)


def _thumbnail(image: NDArray[Any], stride: int) -> Grey:
    """Every ``stride``-th pixel, stretched to 0..255, without single-pixel noise; zeros if it is even."""
    picked = image[stride // 2 :: stride, stride // 2 :: stride].astype(np.float32)
    if image.dtype.kind == "f":
        picked = np.nan_to_num(picked)
    # One percent of white (labels, markers) may saturate, so that they do not squeeze the breast's own range.
    low, high = float(picked.min()), float(np.percentile(picked[::3, ::3], 99))
    high = high if high > low else float(picked.max())
    if high <= low:
        return np.zeros(picked.shape, np.uint8)
    return cv2.medianBlur(np.clip((picked - low) * (255 / (high - low)), 0, 255).astype(np.uint8), 3)


def _breast(thumbnail: Grey) -> Grey:
    """1 on the breast, 0 elsewhere; 0 everywhere when there is none."""
    rows, cols = _even_lines(thumbnail), _even_lines(thumbnail.T)
    air = _air_level(thumbnail[_between(rows >= 0), _between(cols >= 0)])
    inside = _between(rows > air), _between(cols > air)
    tissue = np.zeros_like(thumbnail)
    tissue[inside] = thumbnail[inside] > air
    width = max(3, round(TISSUE_WIDTH * max(thumbnail.shape)))
    square, wider = np.ones((width, width), np.uint8), np.ones((2 * width, 2 * width), np.uint8)
    # Beyond the image there is no tissue: a strip along the edge is as narrow as it looks.
    cores = cv2.erode(tissue, square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    seed = _seed(cores, thumbnail)
    return _connected(tissue & cv2.dilate(_connected(cores, seed), wider), seed) if seed else cores


def _even_lines(grey: Grey) -> NDArray[np.int16]:
    """Grey level of each row that is even (padding, frame, bar: 80 % within 6 levels), -1 of any other."""
    level = np.median(grey[:, :: max(1, grey.shape[1] // 15)], axis=1).astype(np.int16)
    low, high = (np.clip(level + d, 0, 255).astype(np.uint8)[:, None] for d in (-6, 6))
    alike = ((grey >= low) & (grey <= high)).view(np.uint8).sum(axis=1, dtype=np.uint16)
    return np.where(alike >= 0.8 * grey.shape[1], level, np.int16(-1))


def _between(border: NDArray[np.bool_]) -> slice:
    """From the first to the last line that is not border; all lines where every one is."""
    lines = np.flatnonzero(~border)
    return slice(lines[0], lines[-1] + 1) if lines.size else slice(None)


def _air_level(film: Grey) -> int:
    """Brightest grey level of air: the dark peak of the histogram and three times its half-width; -1 without air.

    Otsu's threshold alone would take faint skin and fat for air; it only tells dark from bright here. Where the
    breast fills the film, the dark peak is tissue and broad.
    """
    counts = cv2.calcHist([np.ascontiguousarray(film)], [0], None, [256], [0, 256]).ravel()
    otsu = _otsu(counts)
    smooth = cv2.blur(counts.reshape(1, -1), (3, 1)).ravel()
    peak = int(np.argmax(smooth[:otsu]))
    spread = 3 * int(np.argmax(smooth[peak:] < smooth[peak] / 2))
    return min(otsu, peak + spread) if spread <= AIR_SPREAD else -1


def _otsu(counts: NDArray[np.float32]) -> int:
    """First level of the bright class that Otsu's method (IEEE SMC 9, 1979) sees in a histogram; at least 1."""
    below = np.cumsum(counts, dtype=np.float64)[:-1]
    total_below = np.cumsum(counts * np.arange(counts.size), dtype=np.float64)
    above = counts.sum(dtype=np.float64) - below
    gap = total_below[:-1] / np.maximum(below, 1) - (total_below[-1] - total_below[:-1]) / np.maximum(above, 1)
    return 1 + int(np.argmax(below * above * gap**2))


def _seed(cores: Grey, thumbnail: Grey) -> tuple[int, int] | None:
    """A pixel (row, col) of the connected part with the most area times contrast; None without parts."""
    half = np.ascontiguousarray(cores[::2, ::2])  # parts are wide: every other pixel will do
    count, labels = cv2.connectedComponents(half, connectivity=8)
    if count == 1:
        return None
    grey = np.ascontiguousarray(thumbnail[::2, ::2])
    parts = [np.equal(labels, label).view(np.uint8) for label in range(1, count)]
    best = max(parts, key=lambda part: cv2.countNonZero(part) * cv2.meanStdDev(grey, mask=part)[1].item())
    row, col = np.unravel_index(int(best.argmax()), best.shape)
    return 2 * int(row), 2 * int(col)


def _connected(mask: Grey, seed: tuple[int, int]) -> Grey:
    """The part of a 0/1 mask that is connected with the pixel ``seed`` (row, col)."""
    cv2.floodFill(mask, None, seed[::-1], 2)
    return np.equal(mask, 2).view(np.uint8)


def _chest_wall(mask: Grey) -> tuple[Side, float]:
    """The side whose outer twentieth of the breast's box holds more breast, and how clearly.

    Upper rows count more: in MLO views the breast fills the upper corner at the chest wall (pectoral muscle,
    axilla), while the lower corner there may be as empty as the corners beside the nipple.
    """
    edge = max(1, mask.shape[1] // 20)
    weights = np.linspace(2, 0, mask.shape[0])
    left = float(weights @ mask[:, :edge].mean(axis=1))
    right = float(weights @ mask[:, -edge:].mean(axis=1))
    return ("left" if left >= right else "right"), abs(left - right) / max(left + right, 1e-9)
