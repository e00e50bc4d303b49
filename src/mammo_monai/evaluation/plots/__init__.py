"""The pictures of an evaluation: one per module, found by listing this folder. PNG, no display needed.

Modules whose name begins with "_" are no pictures but what pictures share.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol, cast

from matplotlib.figure import Figure

from mammo_monai import listing
from mammo_monai.evaluation.scored import Scored
from mammo_monai.files import replacing

DPI = 120
MARGIN = 0.1
"""Inches of empty edge that stay."""


class Picture(Protocol):
    """What a module in this folder provides."""

    def draw(self, scored: Scored, folder: Path) -> Figure | None:
        """The picture; None where there is nothing to show.

        Args:
            scored: the predictions.
            folder: of the evaluation, to be read only: ``metrics.json``, ``history.csv``.
        """
        ...


def names() -> list[str]:
    """The pictures there are."""
    return listing.names(__name__)


def draw_all(folder: Path, scored: Scored) -> list[str]:
    """Write ``<name>.png`` of every picture, and remove that of an earlier evaluation where there is none now.

    Intervals are printed from ``metrics.json``: write it first.

    Returns:
        the files' names, in alphabetical order.

    Raises:
        MammoError: reason ``not-writable``, or ``bad-history`` where ``history.csv`` is no training history.
    """
    written = []
    for name in names():
        picture = cast(Picture, importlib.import_module(f"{__name__}.{name}"))
        path, figure = folder / f"{name}.png", picture.draw(scored, folder)
        if figure is not None:
            save(figure, path)
            written.append(path.name)
        elif path.is_file():
            path.unlink()
    return written


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG in one step, cut to what is drawn.

    ``savefig(bbox_inches="tight")`` alone lays everything out twice, which is most of an evaluation's time.
    """
    figure.set_dpi(DPI)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    drawn = figure.get_tightbbox().padded(MARGIN)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, bbox_inches=drawn)
