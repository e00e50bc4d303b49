"""MONAI's way to :func:`~mammo_monai.dicom.image.read_image`."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from monai.config import PathLike
from monai.data import ImageReader
from monai.utils import ImageMetaKey, MetaKeys, ensure_tuple

from mammo_monai.dicom.image import Output, read_image
from mammo_monai.dicom.refusals import MAX_PIXELS, check_allow
from mammo_monai.errors import MammoError

Paths: TypeAlias = Sequence[PathLike] | PathLike


class MammoReader(ImageReader):
    """Reader for ``LoadImaged(keys="image", reader=MammoReader(...), dtype=None)``: any mammogram, told
    apart by content.

    The array is (row, column), never transposed, as one channel to be added (``original_channel_dim`` is
    "no_channel"); several files of one item become channels in front. ``affine`` leads from its pixels to
    the pixels of the file's image: the identity, or diag(s, s, 1, 1) of an image decoded at 1/s. For the
    other meta values see :mod:`.tags`.

    Args:
        voi: "first", an index or explanation of one of the header's VOIs, or "none".
        output: "float32", or "stored": whole numbers as a torch.uint8 or torch.uint16 tensor (numpy's uint16
            would be widened to int32 by MONAI); pass ``dtype=None`` to ``LoadImaged`` or it converts them.
        allow: refusals to lift, see :mod:`.refusals`.
        max_pixels: largest rows x columns that is decoded.
        reduce_to: decode JPEG 2000 no larger than needed, see :func:`.read_image`.
        threads: None takes every core in the main process and one in a worker.

    Raises:
        MammoError: from ``get_data``, with its reason code, as :func:`.read_image` raises it.
    """

    def __init__(
        self,
        voi: str | int = "first",
        output: Output = "float32",
        allow: Collection[str] = (),
        max_pixels: int = MAX_PIXELS,
        reduce_to: int | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__()
        check_allow(allow)
        self.voi = voi
        self.output: Output = output
        self.allow = allow
        self.max_pixels = max_pixels
        self.reduce_to = reduce_to
        self.threads = threads

    def verify_suffix(self, filename: Paths) -> bool:
        """True: the format is told by the content, and a mammogram often has no suffix at all."""
        return True

    def read(self, data: Paths, **kwargs: Any) -> tuple[str, ...]:
        """The names of the files; they are opened in :meth:`get_data`.

        ``LoadImage`` tries MONAI's other readers when ``read`` fails, and then reports all of them but not
        the reason.
        """
        return tuple(os.fspath(path) for path in ensure_tuple(data))

    def get_data(self, img: tuple[str, ...]) -> tuple[torch.Tensor, dict[str, Any]]:
        """Array (rows, columns), or (files, rows, columns) for several, and the first file's meta values."""
        images = [self._image(path) for path in img]
        shapes = {image.pixels.shape for image in images}
        if len(shapes) > 1:
            raise MammoError(
                f"{', '.join(img)}: sizes {sorted(shapes)} differ, expected channels of one image",
                "unreadable",
            )
        first = images[0]
        scale = float(first.meta["reduced"])
        meta = {
            **first.meta,
            MetaKeys.AFFINE: np.diag([scale, scale, 1.0, 1.0]),
            MetaKeys.SPATIAL_SHAPE: np.array(first.pixels.shape),
            MetaKeys.ORIGINAL_CHANNEL_DIM: "no_channel" if len(images) == 1 else 0,
            ImageMetaKey.FILENAME_OR_OBJ: img[0],
        }
        tensors = [torch.from_numpy(image.pixels) for image in images]
        return tensors[0] if len(tensors) == 1 else torch.stack(tensors), meta

    def _image(self, path: str) -> Any:
        return read_image(
            path,
            voi=self.voi,
            output=self.output,
            allow=self.allow,
            max_pixels=self.max_pixels,
            reduce_to=self.reduce_to,
            threads=self.threads,
        )
