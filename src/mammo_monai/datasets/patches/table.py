"""Patches to be classified: a table of images and boxes. No labels, no image is opened here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from mammo_monai.datasets.datalist.content import TEXTS
from mammo_monai.datasets.tables import Row, read_table
from mammo_monai.errors import MammoError
from mammo_monai.transforms.turns import TURNS

EDGES: Final = ("row_min", "col_min", "row_max", "col_max")
TURN: Final = "turn"
"""How a patch is laid down, see :mod:`mammo_monai.transforms.turns`; 0 where nothing is said."""
FARTHEST: Final = 1_000_000
"""Pixels; no edge of a mammogram is farther away."""


def find_patches(root: str | Path, table: str | Path | None) -> list[dict[str, Any]]:
    """Items for a MONAI ``Dataset``: ``image`` (absolute path), ``path`` (as it is reported), ``box``, ``turn``, and
    patient, exam, laterality and view as texts.

    Args:
        root: the folder that paths are relative to.
        table: CSV or Excel with the columns path, row_min, col_min, row_max, col_max (half-open, whole pixels of the
            image as it is stored; may pass it), and perhaps turn, patient, exam, laterality, view; others are not
            looked at, so ``predictions.csv`` of an evaluation will do.

    Raises:
        MammoError: no table, a patch list (which has labels: evaluate it), a table that cannot be read (see
            :func:`~mammo_monai.datasets.tables.read_table`), or a box that is none. A listed image that is missing or
            unreadable is not an error here: it becomes a row with its reason.
    """
    if table is None:
        raise MammoError(
            f"no table of patches; give with --datalist a CSV with the columns path, {', '.join(EDGES)}, its paths "
            "relative to --dataset_dir",
            "missing-table",
        )
    if Path(table).suffix == ".json":
        raise MammoError(
            f"{table}: expected a table of boxes, not a patch list; evaluate that with configs/evaluate.json",
            "bad-list",
        )
    base = Path(root).absolute()
    return [_item(base, row) for row in read_table(Path(table), ("path", *EDGES))]


def _item(base: Path, row: Row) -> dict[str, Any]:
    path = row.need("path", str)
    box = [row.need(edge, _pixel) for edge in EDGES]
    for low, high in ((0, 2), (1, 3)):
        if box[low] >= box[high]:
            raise row.wrong(EDGES[high], f"more than the {box[low]} of {EDGES[low]}")
    texts = {key: row.cells.get(key, "") for key in TEXTS}
    turn = row.get(TURN, _turn) if TURN in row.cells else None
    return {"image": str(base / path), "path": path, "box": box, TURN: turn or 0, **texts}


def _turn(text: str) -> int:
    if text not in map(str, range(TURNS)):
        raise ValueError(f"a whole number from 0 to {TURNS - 1}")
    return int(text)


def _pixel(text: str) -> int:
    try:
        pixel = int(text)
    except ValueError:
        pixel = FARTHEST + 1
    if abs(pixel) > FARTHEST:
        raise ValueError("a whole number of pixels")
    return pixel
