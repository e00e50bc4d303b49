"""From a digitiser's grey levels to optical density, the film's own scale.

OD is log10 of incident over transmitted light: 0 is clear film (white on the viewing box), 4 is black. The same
tissue has other grey levels on each digitiser and nearly the same density.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float64]
BLACKEST: Final = 4.0  # all four scales end between 3.8 and 4.5
LEVELS: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Digitizer:
    """A scanner at one site.

    Attributes:
        vendor: as ``.ics`` files name it.
        site: MGH (Massachusetts General Hospital), WFU (Wake Forest University) or ISMD.
        letters: first letters of the cases it scanned.
        density: grey levels to optical density.
    """

    vendor: str
    site: str
    letters: str
    density: Callable[[Levels], Levels]


def _dba(level: Levels) -> Levels:
    """Step wedge of 21 densities; level 0 is darker than the scale reaches."""
    return (np.log10(np.maximum(level, 0.5)) - 4.80662) / -1.07553


# The regressions published by USF ("Mapping Grey Levels to Optical Density", one page per scanner). Those of the DBA
# and the Lumisys were compared with these pages, those of the Howtek with two programs that quote theirs
# (multinormal/ddsm, josephdviviano/pyddsm).
DIGITIZERS: Final = (
    Digitizer("DBA", "MGH", "A", _dba),
    Digitizer("HOWTEK", "MGH", "A", lambda level: 3.789 - 0.00094568 * level),
    Digitizer("LUMISYS", "WFU", "BC", lambda level: (level - 4096.99) / -1009.01),
    Digitizer("HOWTEK", "ISMD", "D", lambda level: 3.96604096240593 - 0.00099055807612 * level),
)


def find(letter: str, named: str) -> Digitizer | None:
    """The digitiser of a case by its first letter and its ``.ics`` file's DIGITIZER; None when there is none such."""
    return next((one for one in DIGITIZERS if letter in one.letters and one.vendor in named.upper()), None)


def brightness(digitizer: Digitizer) -> NDArray[np.uint16]:
    """Table from grey level 0..65535 to 0..65535: optical density 4 and more is 0, density 0 and less is 65535."""
    density = digitizer.density(np.arange(LEVELS, dtype=np.float64))
    shown: NDArray[Any] = np.rint((1 - density.clip(0, BLACKEST) / BLACKEST) * (LEVELS - 1))
    return shown.astype(np.uint16)
