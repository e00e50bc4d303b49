"""A random view of a patch: mirrored, turned, cropped and resized in one step."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from monai.config.type_definitions import KeysCollection
from monai.transforms.inverse import InvertibleTransform
from monai.transforms.transform import MapTransform, RandomizableTransform
from monai.transforms.utils import TransformBackends
from monai.utils.enums import TraceKeys
from monai.utils.misc import ensure_tuple_rep
from numpy.typing import NDArray

from mammo_monai.errors import MammoError
from mammo_monai.transforms.located_breast import as_meta_tensor
from mammo_monai.transforms.track import tracked
from mammo_monai.transforms.warp import warped


class RandView(RandomizableTransform, InvertibleTransform):
    """Mirror the columns, turn about the middle, crop and resize to ``spatial_size``.

    It draws as MONAI's RandFlip, RandRotate and RandScaleCrop draw, then makes one affine map of all and interpolates
    once, linearly, in float32; they and a resize interpolate twice and take eight times as long. What lies beyond the
    edge is mirrored. After T. Ao and B. Zhang, "Mammography Classification Using Deep Learning Methods", section 3.2:
    flipped, turned by a random angle, cropped "with a ratio (0.85 to 1.0) of the original size", resized.

    Args:
        spatial_size: (rows, columns) of the result, or one number for both.
        flip: probability of the mirror image.
        rotate: largest angle in radians, either way; pi for any.
        smallest: least share of a side that is kept, 0 to 1; each side has its own, in whole pixels.
    """

    backend = (TransformBackends.NUMPY,)

    def __init__(
        self, spatial_size: Sequence[int] | int, flip: float = 0.5, rotate: float = math.pi, smallest: float = 0.85
    ) -> None:
        size = ensure_tuple_rep(spatial_size, 2)
        if min(size) < 1 or not 0 <= flip <= 1 or not 0 <= rotate < math.inf or not 0 < smallest <= 1:
            raise MammoError(
                f"RandView(spatial_size={spatial_size!r}, flip={flip!r}, rotate={rotate!r}, smallest={smallest!r}): "
                "expected one or two positive sizes, a probability, an angle of 0 or more and a share above 0 up to 1",
                reason="bad-option",
            )
        super().__init__()
        self.spatial_size = (int(size[0]), int(size[1]))
        self.flip = flip
        self.rotate = rotate
        self.smallest = smallest

    def view(self, size: tuple[int, int]) -> NDArray[np.float64]:
        """Draw a view of an image of this size: (4, 4), its pixel under each pixel of the result."""
        mirror = bool(self.R.random() < self.flip)
        angle = float(self.R.uniform(-self.rotate, self.rotate))
        kept = [int(self.R.randint(math.ceil(self.smallest * side), side + 1)) for side in size]
        corner = [int(self.R.randint(side - part + 1)) for side, part in zip(size, kept, strict=True)]
        return _mirrored(size, mirror) @ _turned(size, angle) @ _cropped(corner, kept, self.spatial_size)

    def __call__(self, img: Any, view: NDArray[np.float64] | None = None) -> torch.Tensor:
        """View one image.

        Args:
            img: (channel, row, column) array, tensor or MetaTensor.
            view: as :meth:`view` gave it for another image of the same size; drawn if not given.

        Returns:
            float32.
        """
        image = as_meta_tensor(img)
        seen = self.view((image.shape[1], image.shape[2])) if view is None else view
        pixels = _all_warped(image, seen, self.spatial_size, cv2.BORDER_REFLECT)
        return tracked(self, image, pixels, seen, {"view": seen.tolist()})

    def inverse(self, data: torch.Tensor) -> torch.Tensor:
        """Back to where it was; zeros where the view did not reach."""
        transform = self.pop_transform(data)
        rows, cols = (int(n) for n in transform[TraceKeys.ORIG_SIZE])
        image, back = as_meta_tensor(data), np.linalg.inv(transform[TraceKeys.EXTRA_INFO]["view"])
        with self.trace_transform(False):
            return tracked(self, image, _all_warped(image, back, (rows, cols), cv2.BORDER_CONSTANT), back)


class RandViewd(RandomizableTransform, MapTransform, InvertibleTransform):
    """Dictionary wrapper of :class:`RandView`: all keys are seen alike.

    Args:
        keys: images of the same view and size.
        spatial_size: see :class:`RandView`.
        flip: see :class:`RandView`.
        rotate: see :class:`RandView`.
        smallest: see :class:`RandView`.
        allow_missing_keys: whether a key may be absent.
    """

    backend = RandView.backend

    def __init__(
        self,
        keys: KeysCollection,
        spatial_size: Sequence[int] | int,
        flip: float = 0.5,
        rotate: float = math.pi,
        smallest: float = 0.85,
        allow_missing_keys: bool = False,
    ) -> None:
        MapTransform.__init__(self, keys, allow_missing_keys)
        RandomizableTransform.__init__(self)
        self.viewer = RandView(spatial_size, flip, rotate, smallest)

    def set_random_state(self, seed: int | None = None, state: np.random.RandomState | None = None) -> RandViewd:
        """Set the generator that views are drawn with."""
        super().set_random_state(seed, state)
        self.viewer.set_random_state(seed, state)
        return self

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """View the entries of one item."""
        d = dict(data)
        view: NDArray[np.float64] | None = None
        for key in self.key_iterator(d):
            view = self.viewer.view(tuple(d[key].shape[1:])) if view is None else view
            d[key] = self.viewer(d[key], view)
        return d

    def inverse(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Undo for each key."""
        d = dict(data)
        for key in self.key_iterator(d):
            d[key] = self.viewer.inverse(d[key])
        return d


def _mirrored(size: tuple[int, int], mirror: bool) -> NDArray[np.float64]:
    affine = np.eye(4)
    if mirror:
        affine[1, 1], affine[1, 3] = -1, size[1] - 1
    return affine


def _turned(size: tuple[int, int], angle: float) -> NDArray[np.float64]:
    affine, middle = np.eye(4), (np.array(size) - 1) / 2
    affine[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    affine[:2, 3] = middle - affine[:2, :2] @ middle
    return affine


def _cropped(corner: Sequence[int], kept: Sequence[int], size: tuple[int, int]) -> NDArray[np.float64]:
    """Pixel centres are integers: r of the result shows (r + 0.5) s - 0.5 of what was kept."""
    affine = np.eye(4)
    for axis in (0, 1):
        scale = kept[axis] / size[axis]
        affine[axis, axis], affine[axis, 3] = scale, corner[axis] + 0.5 * scale - 0.5
    return affine


def _all_warped(image: torch.Tensor, view: NDArray[np.float64], size: tuple[int, int], border: int) -> torch.Tensor:
    planes = image.as_subclass(torch.Tensor).detach().cpu().numpy().astype(np.float32, copy=False)
    return torch.from_numpy(np.stack([warped(plane, view, size, border) for plane in planes])).to(image.device)
