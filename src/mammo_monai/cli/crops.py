"""Write one picture of all mammograms of a folder with the boxes they will be cropped to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any


def crops(folder: Path, *, out: Path, columns: int = 10, tile: int = 200) -> int:
    """Write one PNG of all mammograms under FOLDER (or of one file), each with its crop box in green.

    Look at it before a training: what lies outside the boxes is never seen by a network. Files that cannot be used
    are listed with their reason; exits with 1 when there are any.

    Args:
        folder: searched at any depth.
        out: the PNG to write.
        columns: tiles per row.
        tile: pixels of a tile's side.
    """
    from tqdm import tqdm

    from mammo_monai.errors import MammoError

    if columns < 1 or tile < 50:
        raise MammoError(f"--columns {columns} --tile {tile}: expected 1 or more and 50 or more", "usage")

    from mammo_monai.datasets.folder import find_images
    from mammo_monai.dicom.image import read_image
    from mammo_monai.transforms.breast_region import find_breast
    from mammo_monai.transforms.contact_sheet import write_contact_sheet

    refused: list[str] = []

    def tiles() -> Iterator[tuple[str, Any, Any]]:
        for item in tqdm(find_images(str(folder)), desc="reading", unit="image", disable=None):
            try:
                pixels = read_image(Path(item["image"])).pixels
                yield Path(item["path"]).name[: tile // 8], pixels, find_breast(pixels, item["image"]).box
            except MammoError as error:
                refused.append(f"left out: {error}")

    write_contact_sheet(tiles(), out, columns, tile)
    print("\n".join([*refused, f"boxes of {folder} in {out}"]))
    return 1 if refused else 0
