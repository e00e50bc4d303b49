"""Resize mammograms by averaging areas: no aliasing, so calcifications neither vanish nor shimmer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Literal, get_args

import cv2
import numpy as np
import torch
from monai.config.type_definitions import KeysCollection
from monai.transforms.inverse import InvertibleTransform
from monai.transforms.transform import MapTransform
from monai.transforms.utils import TransformBackends
from monai.utils.enums import TraceKeys
from monai.utils.misc import ensure_tuple_rep
from numpy.typing import NDArray

from mammo_monai.errors import MammoError
from mammo_monai.transforms.located_breast import as_meta_tensor, known_chest_wall
from mammo_monai.transforms.track import tracked

Policy = Literal["stretch", "pad", "crop"]
Mode = Literal["area", "nearest"]
Size = tuple[int, int]
_CHOOSE: Mapping[str, Callable[[float, float], float]] = {"pad": min, "crop": max}
_EXACT = (np.uint16, np.int16)
"""Integer types that OpenCV averages and rounds by itself; all others are averaged as float32."""


class ResizeArea(InvertibleTransform):
    """Resize to ``spatial_size`` by area averages; axes that grow are interpolated linearly.

    Floating images give float32. Integer images stay integers, rounded, so that a cache entry is small; 8-bit
    images are widened to uint16 by 257 (0..255 becomes 0..65535), which keeps the fraction of their averages.
    Pixel centres are integers: a resize by s maps r to (r + 0.5) s - 0.5.

    Args:
        spatial_size: (rows, columns) of the result, or one number for both.
        policy: "stretch" fills the result (seed 000); "pad" keeps the aspect and fills with zeros; "crop" keeps it
            and cuts what is over. Both leave the chest wall at its edge (the left one if it is not known) and
            centre the rows.
        mode: "area", or "nearest" for masks, whose values and type stay as they are.
    """

    backend = (TransformBackends.NUMPY,)

    def __init__(self, spatial_size: Sequence[int] | int, policy: Policy = "stretch", mode: Mode = "area") -> None:
        size = ensure_tuple_rep(spatial_size, 2)
        if min(size) < 1 or policy not in get_args(Policy) or mode not in get_args(Mode):
            raise MammoError(
                f"ResizeArea(spatial_size={spatial_size!r}, policy={policy!r}, mode={mode!r}): expected one or "
                "two positive sizes, policy 'stretch', 'pad' or 'crop', mode 'area' or 'nearest'",
                reason="bad-option",
            )
        self.spatial_size: Size = (int(size[0]), int(size[1]))
        self.policy = policy
        self.mode = mode

    def __call__(self, img: Any) -> torch.Tensor:
        """Resize one (channel, row, column) array, tensor or MetaTensor."""
        image = as_meta_tensor(img)
        size = (int(image.shape[1]), int(image.shape[2]))
        inner = (
            self.spatial_size if self.policy == "stretch" else _scaled(size, self.spatial_size, _CHOOSE[self.policy])
        )
        rest = (self.spatial_size[0] - inner[0], self.spatial_size[1] - inner[1])
        offset = (rest[0] // 2, 0 if known_chest_wall(image) == "left" else rest[1])
        pixels = _resized(image.as_tensor().detach().cpu().numpy(), inner, self.mode)
        resized = torch.from_numpy(_framed(pixels, offset, self.spatial_size)).to(image.device)
        return tracked(self, image, resized, _affine(size, inner, offset), {"inner": inner, "offset": offset})

    def inverse(self, data: torch.Tensor) -> torch.Tensor:
        """Back to the input's size; the padding is cut away, what was cut away is zeros."""
        transform = self.pop_transform(data)
        size = tuple(int(n) for n in transform[TraceKeys.ORIG_SIZE])
        (rows, cols), (row, col) = (transform[TraceKeys.EXTRA_INFO][key] for key in ("inner", "offset"))
        image = as_meta_tensor(data)
        inside = _framed(image.as_tensor().detach().cpu().numpy(), (-row, -col), (rows, cols))
        back = np.linalg.inv(_affine((size[0], size[1]), (rows, cols), (row, col)))
        with self.trace_transform(False):
            resized = torch.from_numpy(_resized(inside, (size[0], size[1]), self.mode)).to(image.device)
            return tracked(self, image, resized, back)


class ResizeAread(MapTransform, InvertibleTransform):
    """Dictionary wrapper of :class:`ResizeArea`.

    Args:
        keys: images to resize.
        spatial_size: see :class:`ResizeArea`.
        policy: see :class:`ResizeArea`.
        mode: one for all keys or one for each ("nearest" for masks).
        allow_missing_keys: whether a key may be absent.
    """

    backend = ResizeArea.backend

    def __init__(
        self,
        keys: KeysCollection,
        spatial_size: Sequence[int] | int,
        policy: Policy = "stretch",
        mode: Mode | Sequence[Mode] = "area",
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        modes = ensure_tuple_rep(mode, len(self.keys))
        self.resizers = tuple(ResizeArea(spatial_size, policy, mode) for mode in modes)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Resize the entries of one item."""
        d = dict(data)
        for key, resizer in self.key_iterator(d, self.resizers):
            d[key] = resizer(d[key])
        return d

    def inverse(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Undo for each key."""
        d = dict(data)
        for key, resizer in self.key_iterator(d, self.resizers):
            d[key] = resizer.inverse(d[key])
        return d


def _scaled(size: Size, frame: Size, choose: Callable[[float, float], float]) -> Size:
    """The size of the same aspect, at least one pixel, that has one side of ``frame`` and is inside or covers it."""
    scale = choose(frame[0] / size[0], frame[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _framed(pixels: NDArray[Any], offset: Size, size: Size) -> NDArray[Any]:
    """(channel, row, column) ``pixels`` with their corner at ``offset``, which may be negative, in a frame of zeros."""
    if pixels.shape[1:] == size:
        return pixels
    framed = np.zeros((pixels.shape[0], *size), pixels.dtype)
    rows, cols = (
        slice(max(0, o), max(0, min(n, o + p))) for o, n, p in zip(offset, size, pixels.shape[1:], strict=True)
    )
    framed[:, rows, cols] = pixels[
        :, rows.start - offset[0] : rows.stop - offset[0], cols.start - offset[1] : cols.stop - offset[1]
    ]
    return framed


def _affine(size: Size, inner: Size, offset: Size) -> NDArray[np.float64]:
    """Input pixel of each output pixel: (r - offset + 0.5) s - 0.5 per axis."""
    affine = np.eye(4)
    for axis in (0, 1):
        scale = size[axis] / inner[axis]
        affine[axis, axis], affine[axis, -1] = scale, (0.5 - offset[axis]) * scale - 0.5
    return affine


def _resized(pixels: NDArray[Any], size: Size, mode: Mode) -> NDArray[Any]:
    """(channel, row, column) pixels at ``size``; types as :class:`ResizeArea` says."""
    if mode == "nearest":
        rows, cols = (((np.arange(n) + 0.5) * o / n).astype(int) for n, o in zip(size, pixels.shape[1:], strict=True))
        return pixels[:, rows[:, None], cols]
    planes = pixels if pixels.dtype in _EXACT else pixels.astype(np.float32, copy=False)
    averages = np.stack([_averaged(plane, size) for plane in planes])
    if pixels.dtype in _EXACT or pixels.dtype.kind not in "iu":
        return averages
    if pixels.dtype == np.uint8:
        return np.rint(averages * 257).astype(np.uint16)
    return np.rint(averages).astype(pixels.dtype)


def _averaged(plane: NDArray[Any], size: Size) -> NDArray[Any]:
    """Shrink by areas, then grow linearly: OpenCV's INTER_AREA repeats pixels where it enlarges."""
    smaller = (min(size[0], plane.shape[0]), min(size[1], plane.shape[1]))
    if smaller != plane.shape:
        plane = cv2.resize(plane, smaller[::-1], interpolation=cv2.INTER_AREA)
    return plane if smaller == size else cv2.resize(plane, size[::-1], interpolation=cv2.INTER_LINEAR)
