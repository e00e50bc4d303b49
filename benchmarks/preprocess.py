"""Decoded array to 512x512 tensor, against a bare reference and against the plain MONAI chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import Compose, CropForegroundd, NormalizeIntensityd, Resized

from benchmarks._chain import SIZE, chain
from benchmarks._films import DETECTOR, FILM, LARGE, SMALL, named, real, stored
from benchmarks._table import Line, at_most, timed, times_faster
from benchmarks._timing import interleaved
from mammo_monai.dicom.image import read_image

STRIDE = 8


def lines(folder: Path) -> Iterator[Line]:
    """Two lines per array; "flip" is the array mirrored, so that our chain alone has to turn it."""
    ours = chain(first="EnsureChannelFirstd")
    plain = Compose(
        [
            CropForegroundd("image", "image", select_fn=lambda x: x > 0),
            Resized("image", SIZE),
            NormalizeIntensityd("image"),
        ]
    )
    for name, array in arrays():
        as_stored, as_float = partial(loaded, array), partial(widened, array)
        pairs = interleaved(partial(applied, ours, as_stored), partial(reference, array), budget=1.5)
        yield timed(f"array to tensor, {name}", pairs, "reference", at_most(1.5))
        pairs = interleaved(partial(applied, ours, as_stored), partial(applied, plain, as_float), budget=1.5)
        yield timed(f"array to tensor, {name}", pairs, "plain MONAI", times_faster(2.5))


def applied(transform: Compose, load: Callable[[], MetaTensor]) -> Any:
    """One item through a chain; made anew each time, because ``meta`` remembers what was found."""
    return transform({"image": load()})


def widened(array: np.ndarray) -> MetaTensor:
    """What MONAI's own ``LoadImaged`` makes of the array: float32, with a channel."""
    return MetaTensor(torch.from_numpy(array.astype(np.float32))[None])


def arrays() -> Iterator[tuple[str, np.ndarray]]:
    """Films as decoders hand them over."""
    for shape in (DETECTOR, FILM, LARGE, SMALL):
        left = stored(shape)
        yield f"{named(shape)} {left.dtype}", left
        yield f"{named(shape)} {left.dtype}, flip", np.ascontiguousarray(left[:, ::-1])
    for path in real().values():
        image = read_image(path).pixels
        yield f"{path.name} {named(image.shape)} {image.dtype} (real)", image


def loaded(array: np.ndarray) -> MetaTensor:
    """What ``LoadImaged`` makes of the array: the same memory, with the meta that the next transforms read."""
    return MetaTensor(
        torch.from_numpy(array), affine=torch.eye(4, dtype=torch.float64), meta={"original_channel_dim": "no_channel"}
    )


def reference(array: np.ndarray) -> Any:
    """What is possible with no framework: neither meta nor inverse, no frame, tape or label is told from breast.

    Threshold at 5 % of the span on every eighth pixel, largest component, its box cut in the stored integers,
    area-averaging resize (OpenCV), z-score over all pixels as ``NormalizeIntensity`` does. It never flips.
    """
    small = array[::STRIDE, ::STRIDE]
    low, high = int(small.min()), int(small.max())
    mask = (small > low + (high - low) // 20).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    col, row, width, height = stats[1:, : cv2.CC_STAT_AREA][stats[1:, cv2.CC_STAT_AREA].argmax()] * STRIDE
    pixels = cv2.resize(array[row : row + height, col : col + width], SIZE, interpolation=cv2.INTER_AREA)
    pixels = pixels.astype(np.float32)
    return torch.from_numpy(((pixels - pixels.mean()) / pixels.std())[None])
