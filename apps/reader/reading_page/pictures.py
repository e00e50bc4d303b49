"""Pixels as they hang: read by the standard, mirrored where the chest wall would be at the wrong side, 16 bits kept."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import SIDES
from reading_page.imports import ALONE
from reading_page.recent import Recent

if TYPE_CHECKING:
    from monai.data.meta_tensor import MetaTensor

KEPT = 12
"""Decoded images in memory: three exams, about 30 MB each."""
SHOWN = ("special-view",)
"""What the model refuses and a reader wants to see."""
BLACK, WHITE = 1.0, 99.8
"""Percentiles that are black and white where a file does not say how it is to be shown."""


@dataclass(frozen=True)
class Picture:
    """An image as it hangs.

    Attributes:
        pixels: (1, rows, columns), uint8 or uint16; ``affine`` leads to pixels of the source.
        window: lowest (black) and highest (white) value at first.
        mirrored: whether it was stored the other way round.
        remark: what a reader must know: ``no-breast``, ``orient-conflict``, or "".
    """

    pixels: MetaTensor
    window: tuple[float, float]
    mirrored: bool
    remark: str

    @property
    def rows(self) -> int:
        """Of the whole image."""
        return int(self.pixels.shape[1])

    def reduced(self, rows: int) -> MetaTensor:
        """The image at the lowest resolution of 1, 1/2, 1/4, ... that has ``rows`` rows; areas are averaged.

        Returns:
            (1, rows, columns) whose ``affine`` leads to pixels of the source.
        """
        import torch
        from monai.data.meta_tensor import MetaTensor

        factor = 1
        while self.rows // (2 * factor) >= max(1, rows):
            factor *= 2
        if factor == 1:
            return self.pixels
        whole = self.pixels.as_tensor()[0].numpy()
        size = (max(1, whole.shape[1] // factor), max(1, whole.shape[0] // factor))
        small = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
        steps = np.array([whole.shape[0] / small.shape[0], whole.shape[1] / small.shape[1]])
        to_whole = np.diag([*steps, 1.0, 1.0])
        to_whole[:2, 3] = (steps - 1) / 2  # pixel centres are integers
        affine = np.asarray(self.pixels.affine, np.float64) @ to_whole
        return MetaTensor(torch.from_numpy(small)[None], affine=torch.from_numpy(affine))


class Wanted(NamedTuple):
    """A file and the breast it shows, "" where unknown; ``changed`` tells a file that was exchanged."""

    path: Path
    laterality: str
    changed: int


class Pictures:
    """The last pictures, decoded two at a time."""

    def __init__(self) -> None:
        self._recent: Recent[Wanted, Picture] = Recent(ThreadPoolExecutor(2, "decode"), _read, KEPT)

    def get(self, path: Path, laterality: str) -> Future[Picture]:
        """The picture of a file.

        Raises:
            MammoError: the file is gone; by the future whatever the reader refuses.
        """
        try:
            changed = path.stat().st_mtime_ns
        except OSError as error:
            raise MammoError(f"{path.name}: cannot be read ({error.strerror})", "not-found") from error
        return self._recent(Wanted(path, laterality, changed))


def _read(wanted: Wanted) -> Picture:
    with ALONE:
        from monai.data.meta_tensor import MetaTensor

        from mammo_monai.dicom.reader import MammoReader
        from mammo_monai.transforms.orient_breast import OrientBreast

    reader = MammoReader(output="stored", allow=SHOWN)
    plane, meta = reader.get_data(reader.read(str(wanted.path)))
    image = MetaTensor(plane[None], meta=meta)
    window = _window(plane.numpy(), str(meta["voi"]))
    side = SIDES.get(wanted.laterality)
    if side is None:  # nothing says how it should hang
        return Picture(image, window, False, "")
    try:
        turned = cast("MetaTensor", OrientBreast(chest_wall=side)(image, wanted.laterality))
    except MammoError as error:
        return Picture(image, window, False, error.reason)
    remark = "orient-conflict" if turned.meta["orient_conflict"] else ""
    return Picture(turned, window, bool(turned.meta["orient_flipped"]), remark)


def _window(plane: NDArray[Any], voi: str) -> tuple[float, float]:
    """A window in the header has been applied: black to white is then the whole range."""
    if voi not in ("", "nominal range"):
        return 0.0, float(np.iinfo(plane.dtype).max)
    low, high = np.percentile(plane[::4, ::4], (BLACK, WHITE))
    return float(low), float(max(high, low + 1))
