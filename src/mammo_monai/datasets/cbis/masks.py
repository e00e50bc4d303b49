"""Masks of CBIS-DDSM: told from the crop beside them by content, and boxed in pixels of the mammogram.

The tables' "ROI mask file path" and "cropped image file path" are often exchanged, and names differ by download.
So the mask is the file that is as large as the mammogram; where sizes do not tell, the one of two values, 0 and one
above (255 in the original). Where neither tells, there is no mask: nothing is guessed.

A mask need not have its mammogram's size (github.com/fjeg/ddsm_tools/issues/5). With the same aspect within 1 %
its box is scaled; with another aspect it has no box, since nobody knows which part of the film it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_monai.dicom.image import read_image, read_tags
from mammo_monai.errors import MammoError

Size = tuple[int, int]
"""(rows, columns)."""
Box = tuple[float, float, float, float]
"""(row_min, col_min, row_max, col_max), half-open."""

SAME_ASPECT = 0.01


def size(file: Path) -> Size | None:
    """Size by the header; None when the file is not there or cannot be read."""
    try:
        tags = read_tags(file)
    except MammoError:
        return None
    rows, cols = tags["source_rows"], tags["source_columns"]
    return (int(rows), int(cols)) if rows and cols else None  # type: ignore[arg-type]


def tell(files: Sequence[Path], mammogram: Size | None) -> tuple[Path | None, str | None]:
    """The mask among the files of an abnormality.

    Args:
        files: all of them, mask and crop in any order.
        mammogram: size of the mammogram they were drawn on; None when unknown.

    Returns:
        the mask or None, and the code of what is wrong: "mask-missing" (none of the files is a mask),
        "mask-unclear" (several may be) or "crop-missing".
    """
    if not files:
        return None, None
    masks = [file for file in files if mammogram and size(file) == mammogram]
    if len(masks) != 1:
        masks = [file for file in files if _is_binary(file)]
    if len(masks) != 1:
        return None, "mask-unclear" if masks else "mask-missing"
    return masks[0], None if len(files) > 1 else "crop-missing"


def box(mask: Path, mammogram: Size | None) -> tuple[Box | None, str | None]:
    """The box around a mask's nonzero pixels, in pixels of the mammogram.

    Args:
        mask: the file.
        mammogram: size of the image the box is for; None when unknown.

    Returns:
        the box or None, and the code of what was done or is wrong: "mask-scaled", "mask-of-another-shape",
        "mask-without-image", "mask-empty" or "mask-unreadable".
    """
    if mammogram is None:
        return None, "mask-without-image"
    try:
        pixels = _pixels(mask)
    except MammoError:
        return None, "mask-unreadable"
    rows, cols = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if not rows.size:
        return None, "mask-empty"
    (height, width), (own_height, own_width) = mammogram, pixels.shape
    if abs(height * own_width / (width * own_height) - 1) > SAME_ASPECT:
        return None, "mask-of-another-shape"
    top, bottom = (int(row) * height / own_height for row in (rows[0], rows[-1] + 1))
    left, right = (int(col) * width / own_width for col in (cols[0], cols[-1] + 1))
    return (top, left, bottom, right), None if pixels.shape == mammogram else "mask-scaled"


def _is_binary(file: Path) -> bool:
    try:
        pixels = _pixels(file)
    except MammoError:
        return False
    highest = pixels.max()
    return bool(highest and ((pixels == 0) | (pixels == highest)).all())


def _pixels(file: Path) -> NDArray[Any]:
    return read_image(file, voi="none").pixels
