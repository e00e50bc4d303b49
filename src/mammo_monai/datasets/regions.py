"""Regions drawn beside an image (OsiriX, Icy) and the findings they make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mammo_monai.datasets.records import Finding
from mammo_monai.dicom.image import read_tags
from mammo_monai.errors import MammoError

MOST_BYTES = 1 << 26  # a region file has kilobytes; reading stops here

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Region:
    """One drawn region.

    Attributes:
        where: its file and position there, for messages.
        name: the text given to it, without surrounding blanks.
        corners: (row, column) in pixels; one for a point, none when nothing was drawn.
        closed: whether the corners are its outline; otherwise they only span it.
    """

    where: str
    name: str
    corners: Points
    closed: bool = True


def read_bytes(path: Path) -> bytes:
    """The bytes of a region file.

    Raises:
        MammoError: it is not there, cannot be read or is larger than 64 MiB.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise MammoError(f"{path}: cannot be read ({error.strerror}); copy it again", "unreadable-regions") from None
    if len(data) > MOST_BYTES:
        raise MammoError(f"{path}: larger than {MOST_BYTES >> 20} MiB, so no region file; remove it", "bad-regions")
    return data


def wrong(where: str | Path, problem: object) -> MammoError:
    """The error for a region file, or a region in it, that is not what it should be."""
    return MammoError(f"{where}: {' '.join(str(problem).split())}; correct the file or copy it again", "bad-regions")


def image_shape(path: Path) -> tuple[int, int] | None:
    """(rows, columns) by the header; None where the image is missing or damaged, as verification reports."""
    from PIL import Image

    try:
        meta = read_tags(path)
        rows, columns = meta["source_rows"], meta["source_columns"]
        if isinstance(rows, int) and isinstance(columns, int) and rows * columns:
            return rows, columns
        with Image.open(path) as image:
            return image.height, image.width
    except (MammoError, OSError, Image.DecompressionBombError):
        return None


def finding(
    region: Region, categories: tuple[str, ...], shape: tuple[int, int] | None, birads: str | None = None
) -> tuple[Finding, str | None]:
    """A region as a finding, and the note on what was corrected ("box-clipped", "box-off-image").

    The box spans the corners and at least one pixel: that of a point begins at it. It is clipped to the image, without
    ``shape`` at the upper and left edge only; a region off the image has none. The outline stays as it was drawn.
    """
    if not region.corners:
        return Finding(categories, birads=birads), None
    spans = [_span(axis) for axis in zip(*region.corners, strict=True)]
    kept = [_clipped(span, edge) for span, edge in zip(spans, shape or (None, None), strict=True)]
    (row_min, row_max), (col_min, col_max) = kept
    outline = region.corners if region.closed and len(set(region.corners)) > 2 else None
    if row_min >= row_max or col_min >= col_max:
        return Finding(categories, outline=outline, birads=birads), "box-off-image"
    box = (row_min, col_min, row_max, col_max)
    return Finding(categories, box=box, outline=outline, birads=birads), None if kept == spans else "box-clipped"


def _span(values: tuple[float, ...]) -> tuple[float, float]:
    return min(values), max(max(values), min(values) + 1)


def _clipped(span: tuple[float, float], edge: int | None) -> tuple[float, float]:
    return max(span[0], 0.0), span[1] if edge is None else min(span[1], float(edge))
