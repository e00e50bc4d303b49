"""The cycle of transfer syntaxes in which phantoms are stored; the encoders are those of :mod:`mammo_monai.dicom`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mammo_monai.dicom.encode import DEFLATED, ENCODERS, EXPLICIT, IMPLICIT

Pixels = npt.NDArray[np.uint16]
BITS = 12


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """A transfer syntax and its encoder.

    Attributes:
        uid: of PS3.6 table A-1.
        encode: one frame to its code stream; None where pixels stay native.
    """

    uid: str
    encode: Callable[[Pixels], bytes] | None = None


def _encapsulated(uid: str) -> TransferSyntax:
    return TransferSyntax(uid, lambda pixels: ENCODERS[uid](pixels, BITS))


TRANSFER_SYNTAXES: tuple[TransferSyntax, ...] = (
    TransferSyntax(EXPLICIT),
    _encapsulated("1.2.840.10008.1.2.4.70"),  # JPEG lossless, process 14, selection value 1
    TransferSyntax(IMPLICIT),
    _encapsulated("1.2.840.10008.1.2.4.80"),  # JPEG-LS lossless
    _encapsulated("1.2.840.10008.1.2.5"),  # RLE lossless
    _encapsulated("1.2.840.10008.1.2.4.90"),  # JPEG 2000 lossless
    TransferSyntax(DEFLATED),
    _encapsulated("1.2.840.10008.1.2.4.201"),  # HTJ2K lossless
)
