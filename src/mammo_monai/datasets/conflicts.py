"""Where the table, the DICOM tags and the pixels of an image contradict each other on its side or view."""

from __future__ import annotations

import re
from typing import Any

from numpy.typing import NDArray

from mammo_monai.datasets.records import Record
from mammo_monai.dicom.tags import Meta
from mammo_monai.errors import MammoError
from mammo_monai.transforms.breast_region import BREAST_AT, UNCLEAR, find_breast

Conflict = dict[str, str]


def side_in_pixels(image: NDArray[Any]) -> str:
    """The breast, "L" or "R", by the side of the chest wall in a standard view, "" where it is not clear.

    Raises:
        MammoError: reason ``no-breast``.
    """
    breast = find_breast(image)
    return BREAST_AT[breast.chest_wall] if breast.confidence >= UNCLEAR else ""


def conflicts(record: Record, tags: Meta, pixels: NDArray[Any] | None = None) -> list[Conflict]:
    """What contradicts what: ``path``, ``what`` ("laterality", "view", "breast") and what table, tags and pixels say.

    Tags that contradict each other are quoted as they stand. An image in which no breast is found is a conflict, too:
    whatever its table says of a breast, it does not show one.

    Args:
        record: what the table says.
        tags: of the image's file, see :func:`mammo_monai.dicom.tags.tags`.
        pixels: (rows, columns), air dark; None leaves them out.
    """
    try:
        side = "" if pixels is None else side_in_pixels(pixels)
    except MammoError:
        return [_conflict(record, "breast", "", "", "none found")]
    quoted = dict(re.findall(r"(laterality|view): ([^;]+)", str(tags["conflict"])))
    found = []
    for what, table, seen in (("laterality", record.laterality, side), ("view", record.view, "")):
        said = {table or "", str(tags[what]), seen} - {""}
        if len(said) > 1 or what in quoted:
            found.append(_conflict(record, what, table or "", quoted.get(what, str(tags[what])), seen))
    return found


def _conflict(record: Record, what: str, table: str, tags: str, pixels: str) -> Conflict:
    return {"path": record.image, "what": what, "table": table, "tags": tags, "pixels": pixels}
