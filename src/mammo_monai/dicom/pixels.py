"""Stored values to presentation values by PS3.3: modality LUT, VOI, MONOCHROME1, padding. Arrays in, arrays
out.

:func:`present` is the standard's formula in float64. Every stored word has at most 16 bits, so :func:`table`
evaluates it once per possible word and :func:`apply_table` looks the image up: exact for every function, and
the mask of unused high bits, the sign and the padding cost nothing per pixel.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.errors import MammoError

WHITE: Final = 65535.0  # ymax of C.11.2.1.2.1; ymin is 0
# Rows are looked up in parts of this many pixels: numpy widens the indices of a part to 8 bytes, which
# should stay in cache.
PART: Final = 1 << 18


@dataclass(frozen=True)
class Words:
    """How a sample lies in its word (C.7.6.3.1): ``bits`` from ``high_bit`` down, two's complement when ``signed``."""

    allocated: int
    bits: int
    high_bit: int
    signed: bool

    @property
    def lowest(self) -> int:
        """Smallest stored value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def highest(self) -> int:
        """Largest stored value."""
        return self.lowest + (1 << self.bits) - 1

    def values(self) -> NDArray[np.float64]:
        """Every stored value, in the order of the bit patterns."""
        patterns = np.arange(1 << self.bits)
        return np.where(patterns > self.highest, patterns - (1 << self.bits), patterns).astype(np.float64)

    def patterns(self) -> NDArray[np.intp]:
        """For every possible word the index into :meth:`values`; bits outside the sample are ignored."""
        words = np.arange(1 << self.allocated, dtype=np.intp)
        return (words >> (self.high_bit + 1 - self.bits)) & ((1 << self.bits) - 1)


@dataclass(frozen=True)
class Lut:
    """A Modality or VOI LUT (C.11.1.1, C.11.2.1.1): input ``first + i`` gives ``data[i]``; the ends hold beyond it."""

    first: int
    data: NDArray[np.float64]
    bits: int
    name: str = ""

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        index = np.clip(np.floor(values - self.first + 0.5), 0, len(self.data) - 1)
        return np.asarray(self.data[index.astype(np.intp)])

    def stretched(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """As a VOI: 0..2**bits - 1 of the table becomes 0..65535."""
        return self(values) * (WHITE / ((1 << self.bits) - 1))

    def __str__(self) -> str:
        return f"VOI LUT {self.name}".strip()


@dataclass(frozen=True)
class Window:
    """A VOI window (C.11.2.1.2, C.11.2.1.3); ``function`` is LINEAR, LINEAR_EXACT or SIGMOID."""

    centre: float
    width: float
    function: str = "LINEAR"
    name: str = ""

    def stretched(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The standard's formula with ymin..ymax = 0..65535."""
        if self.function == "SIGMOID":
            with np.errstate(over="ignore"):  # exp overflows to infinity far below the centre: the quotient is then 0
                return np.asarray(WHITE / (1 + np.exp(-4 * (values - self.centre) / self.width)))
        shift, width = (0.5, self.width - 1) if self.function == "LINEAR" else (0.0, self.width)
        offset = values - (self.centre - shift)
        if width == 0:  # LINEAR of width 1 is a step
            return np.where(offset > 0, WHITE, 0.0)
        return np.clip(offset / width + 0.5, 0, 1) * WHITE

    def __str__(self) -> str:
        return f"{self.function} {self.centre:g}/{self.width:g} {self.name}".strip()


@dataclass(frozen=True)
class Linear:
    """Rescale Slope and Intercept (C.11.1)."""

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values * self.slope + self.intercept


@dataclass(frozen=True)
class Rendering:
    """Everything a header says about the way from stored to presentation values.

    Attributes:
        words: layout of a stored sample.
        modality: the modality transform.
        vois: the alternatives in the header: VOI LUTs, then windows (C.11.2.1: a LUT comes first), each in
            its order.
        inverse: lowest value is white (MONOCHROME1).
        padding: first and last stored value that mean "no image here" (C.7.5.1.1.2); None without padding.
    """

    words: Words
    modality: Lut | Linear = Linear()
    vois: tuple[Lut | Window, ...] = ()
    inverse: bool = False
    padding: tuple[int, int] | None = None

    def nominal(self) -> tuple[float, float]:
        """Smallest and largest value that the modality transform can give."""
        ends = np.array([self.words.lowest, self.words.highest], np.float64)
        reach = self.modality.data if isinstance(self.modality, Lut) else self.modality(ends)
        return float(reach.min()), float(reach.max())


def present(
    stored: NDArray[np.float64], rendering: Rendering, voi: Lut | Window | None, *, scaled: bool = True
) -> NDArray[np.float64]:
    """Presentation values of stored values.

    Args:
        stored: stored values, any shape.
        rendering: the header's transforms.
        voi: one of ``rendering.vois``; None spreads the nominal range of the modality values linearly.
        scaled: False leaves the modality values as they are (``voi`` must then be None).

    Returns:
        Black..white = 0..65535, unrounded; with ``scaled=False`` modality values (MONOCHROME1: mirrored in
        their nominal range). Padding is black: 0, or the lowest nominal value when not scaled.
    """
    values = rendering.modality(stored)
    black, white = (0.0, WHITE) if scaled else rendering.nominal()
    if voi is not None:
        values = voi.stretched(values)
    elif scaled:
        low, high = rendering.nominal()
        values = (values - low) * (WHITE / max(high - low, 1e-300))
    if rendering.inverse:
        values = black + white - values
    if rendering.padding is not None:
        first, last = rendering.padding
        values = np.where((stored >= first) & (stored <= last), black, values)
    return values


def table(rendering: Rendering, voi: Lut | Window | None, *, scaled: bool = True) -> NDArray[np.float64]:
    """:func:`present` of every possible word: 256 or 65536 values, indexed by the word as an unsigned integer."""
    words = rendering.words
    return present(words.values(), rendering, voi, scaled=scaled)[words.patterns()]


def whole(values: NDArray[Any], allocated: int = 16) -> NDArray[Any]:
    """Values as uint8 (they are, or ``allocated`` is 8 and they fit) or uint16, unchanged.

    Raises:
        MammoError: ``not-integer`` where a value is negative, fractional or above 65535.
    """
    if values.dtype in (np.uint8, np.uint16):
        return values
    kind = np.uint8 if allocated == 8 and values.max() < 256 else np.uint16
    with np.errstate(invalid="ignore"):  # NaN and infinity fail the comparison
        integers = values.astype(kind)
    if not np.array_equal(integers, values):
        raise MammoError(
            "its values are not whole numbers from 0 to 65535; read it with output='float32'", "not-integer"
        )
    return integers


def apply_table(words: NDArray[Any], lut: NDArray[Any], threads: int = 1) -> NDArray[Any]:
    """Look every word up.

    Args:
        words: (rows, columns), uint8 or uint16; overwritten when it is writable and of the table's type.
        lut: one entry per possible word.
        threads: where OpenCV cannot; numpy lets go of the interpreter while it looks up.

    Returns:
        (rows, columns) of the table's type.
    """
    out = words if words.dtype == lut.dtype and words.flags.writeable else np.empty(words.shape, lut.dtype)
    try:
        return np.asarray(cv2.LUT(words, lut[None], dst=out))
    except cv2.error:  # OpenCV 4 looks up 8-bit words only
        step = max(1, PART // words.shape[1])

        def part(row: int) -> None:
            # No word is outside the table, so "clip" changes nothing but spares numpy a checked copy.
            lut.take(words[row : row + step], out=out[row : row + step], mode="clip")

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(part, range(0, len(words), step)))
        return out
