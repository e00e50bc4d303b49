"""Cut a patch out of a mammogram: a box in pixels of the source image, filled with zeros where it leaves the image."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from monai.config.type_definitions import KeysCollection
from monai.transforms.inverse import InvertibleTransform
from monai.transforms.transform import MapTransform
from monai.transforms.utils import TransformBackends
from monai.utils.enums import TraceKeys
from numpy.typing import NDArray

from mammo_monai.errors import MammoError
from mammo_monai.transforms import turns
from mammo_monai.transforms.located_breast import as_meta_tensor
from mammo_monai.transforms.source import box_from_source
from mammo_monai.transforms.stored_image import StoredImage
from mammo_monai.transforms.track import tracked

LARGEST = 64_000_000
"""Pixels of a patch; a larger box is a mistake in a table, not a patch."""


class CropBox(InvertibleTransform):
    """Cut one box. The pixels keep their type; the inverse puts them back into a frame of zeros."""

    backend = (TransformBackends.TORCH,)

    def __call__(self, img: Any, box: Sequence[float], turn: int = 0) -> torch.Tensor:
        """Cut ``box`` out of one image.

        Args:
            img: (channel, row, column) array, tensor, MetaTensor or
                :class:`~mammo_monai.transforms.stored_image.StoredImage`, of which only the box is read.
            box: (row_min, col_min, row_max, col_max), half-open, in pixels of the source image; it may reach past it.
            turn: how the patch is laid down, see :mod:`mammo_monai.transforms.turns`.

        Raises:
            MammoError: reason ``bad-box``, when it holds no pixel of the image or far too many; ``bad-turn``.
        """
        turns.check(turn)
        if not isinstance(img, StoredImage):
            whole = as_meta_tensor(img)
            img = StoredImage(whole, lambda rows, cols: whole.as_tensor()[:, rows, cols])
        frame = img.frame
        top, left, bottom, right = (round(edge) for edge in box_from_source(box, frame))
        rows = slice(max(0, top), min(frame.shape[1], bottom))
        cols = slice(max(0, left), min(frame.shape[2], right))
        if rows.start >= rows.stop or cols.start >= cols.stop or (bottom - top) * (right - left) > LARGEST:
            raise MammoError(
                f"{frame.meta.get('filename_or_obj') or 'image'}: box {tuple(box)} has no pixel in common "
                f"with the image of {frame.shape[1]} x {frame.shape[2]} pixels, or too many; make the patch list again",
                reason="bad-box",
            )
        pixels = img.read(rows, cols)
        margins = (cols.start - left, right - cols.stop, rows.start - top, bottom - rows.stop)
        if any(margins):
            pixels = _padded(pixels, margins)
        placed = (top, left, bottom, right)
        laid = turns.turned(pixels, turn)
        return tracked(self, frame, laid, _affine(placed, turn), {"box": placed, "turn": turn})

    def inverse(self, data: torch.Tensor) -> torch.Tensor:
        """Back into the frame the box was cut from; zeros elsewhere, what lay outside it is dropped."""
        transform = self.pop_transform(data)
        size = tuple(int(n) for n in transform[TraceKeys.ORIG_SIZE])
        placed, turn = (transform[TraceKeys.EXTRA_INFO][key] for key in ("box", "turn"))
        top, left, bottom, right = placed
        image = as_meta_tensor(data)
        patch = turns.turned_back(image.as_tensor(), turn)
        whole = patch.new_zeros((patch.shape[0], *size))
        rows, cols = slice(max(0, top), min(size[0], bottom)), slice(max(0, left), min(size[1], right))
        whole[:, rows, cols] = patch[:, rows.start - top : rows.stop - top, cols.start - left : cols.stop - left]
        with self.trace_transform(False):
            return tracked(self, image, whole, np.linalg.inv(_affine(placed, turn)))


class CropBoxd(MapTransform, InvertibleTransform):
    """Dictionary wrapper of :class:`CropBox`.

    Args:
        keys: images of the same view.
        box_key: item entry with the box. An entry ``turn``, where there is one, says how the patch is laid down.
        allow_missing_keys: whether a key may be absent.
    """

    backend = CropBox.backend
    reads_windows = True
    """Tells a data set that a :class:`StoredImage` will do."""
    turn_key = "turn"
    """Of the class, not of its objects: without turned patches the chain is what it was before there were any."""

    def __init__(self, keys: KeysCollection, box_key: str = "box", allow_missing_keys: bool = False) -> None:
        super().__init__(keys, allow_missing_keys)
        self.box_key = box_key
        self.cropper = CropBox()

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Cut the entries of one item."""
        d = dict(data)
        for key in self.key_iterator(d):
            d[key] = self.cropper(d[key], d[self.box_key], d.get(self.turn_key, 0))
        return d

    def inverse(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Undo for each key."""
        d = dict(data)
        for key in self.key_iterator(d):
            d[key] = self.cropper.inverse(d[key])
        return d


def _affine(box: Sequence[int], turn: int) -> NDArray[np.float64]:
    """(4, 4): pixel of the image under each pixel of its patch."""
    top, left, bottom, right = box
    affine = turns.affine(turn, (bottom - top, right - left))
    affine[:2, -1] += top, left
    return affine


def _padded(pixels: torch.Tensor, margins: Sequence[int]) -> torch.Tensor:
    """Zeros around the pixels: left, right, top, bottom."""
    left, right, top, bottom = margins
    rows, cols = pixels.shape[1:]
    wide = pixels.new_zeros((pixels.shape[0], top + rows + bottom, left + cols + right))
    wide[:, top : top + rows, left : left + cols] = pixels
    return wide
