"""The same brightness stored in the ways equipment stores it: VOI LUTs of PS3.3 C.11.2, read backwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from mammo_monai.phantom.breast import Plane

BITS_STORED = 12
HIGHEST = 2**BITS_STORED - 1
Values = npt.NDArray[np.float64]


class Voi(Protocol):
    """One way from stored values to brightness."""

    def stored(self, brightness: Values) -> Values:
        """The (unrounded) stored values that are displayed at ``brightness`` 0..1."""

    def describe(self, ds: Dataset) -> None:
        """Add the VOI LUT module's elements to ``ds``."""


# C.11.2.1.2.1, C.11.2.1.3.2 and C.11.2.1.3.1 with ymin = 0 and ymax = 1, solved for the stored value x.
_INVERSE: dict[str | None, Callable[[Values, float, float], Values]] = {
    None: lambda y, c, w: (y - 0.5) * (w - 1) + c - 0.5,
    "LINEAR": lambda y, c, w: (y - 0.5) * (w - 1) + c - 0.5,
    "LINEAR_EXACT": lambda y, c, w: (y - 0.5) * w + c,
    "SIGMOID": lambda y, c, w: c + w / 4 * np.log(np.clip(y, 1e-6, 1) / np.clip(1 - y, 1e-6, 1)),
}


@dataclass(frozen=True, slots=True)
class Window:
    """VOI LUT Function with one or several windows; the first is the one pixels are stored for.

    Attributes:
        function: value of VOI LUT Function; None leaves the element out, which means LINEAR.
        centers: Window Center.
        widths: Window Width.
    """

    function: str | None
    centers: tuple[int, ...]
    widths: tuple[int, ...]

    def stored(self, brightness: Values) -> Values:
        """See :class:`Voi`."""
        return _INVERSE[self.function](brightness, self.centers[0], self.widths[0])

    def describe(self, ds: Dataset) -> None:
        """See :class:`Voi`."""
        ds.WindowCenter, ds.WindowWidth = list(self.centers), list(self.widths)
        ds.WindowCenterWidthExplanation = ["NORMAL", "HARDER", "SOFTER"][: len(self.centers)]
        if self.function:
            ds.VOILUTFunction = self.function


@dataclass(frozen=True, slots=True)
class Table:
    """VOI LUT Sequence with one power curve of 12-bit entries that starts above stored value 0.

    Attributes:
        first: first stored value mapped.
        entries: number of entries.
        gamma: exponent of the curve.
    """

    first: int
    entries: int
    gamma: float

    def stored(self, brightness: Values) -> Values:
        """See :class:`Voi`."""
        return self.first + (self.entries - 1) * brightness ** (1 / self.gamma)

    def describe(self, ds: Dataset) -> None:
        """See :class:`Voi`."""
        item = Dataset()
        curve = np.rint(HIGHEST * np.linspace(0, 1, self.entries) ** self.gamma).astype("<u2")
        item.add_new(0x00283002, "US", [self.entries, self.first, BITS_STORED])
        item.LUTExplanation = "NORMAL"
        item.add_new(0x00283006, "OW", curve.tobytes())
        ds.VOILUTSequence = Sequence([item])


@dataclass(frozen=True, slots=True)
class Identity:
    """No VOI at all: the whole range of stored values is the range of brightness."""

    def stored(self, brightness: Values) -> Values:
        """See :class:`Voi`."""
        return brightness * HIGHEST

    def describe(self, ds: Dataset) -> None:
        """See :class:`Voi`."""


VOIS: tuple[Voi, ...] = (
    Window(None, (2048,), (4096,)),
    Window("LINEAR", (1800, 2200, 1500), (3200, 2000, 2800)),
    Window("LINEAR_EXACT", (2000,), (3600,)),
    Window("SIGMOID", (2048,), (1400,)),
    Table(first=128, entries=3840, gamma=1.4),
    Identity(),
    Window("LINEAR", (2400,), (2900,)),
)


def store(brightness: Plane, voi: Voi, inverted: bool) -> npt.NDArray[np.uint16]:
    """12-bit values which ``voi``, then MONOCHROME1's inversion if ``inverted``, show as ``brightness``.

    What is quite black or white becomes the detector's lowest or highest value, as air and labels are, not
    the end of the window.
    """
    shown = brightness.astype(np.float64)
    shown = 1 - shown if inverted else shown
    values = np.clip(np.rint(voi.stored(shown)), 0, HIGHEST)
    return np.where(shown <= 0, 0, np.where(shown >= 1, HIGHEST, values)).astype(np.uint16)
