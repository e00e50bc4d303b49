"""Colours, lines and texts that all pictures share."""

from __future__ import annotations

import textwrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = ("#4477aa", "#ee6677", "#228833", "#aa3377", "#ccbb44", "#66ccee")
"""Paul Tol's "bright" scheme: told apart by colour-blind readers."""
LINES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1)))
"""As many as are told apart; colours and lines together repeat after 30 classes only."""
GREY = "#777777"
LONGEST = 40
LINE = 24
"""Characters of a name over a panel and in all."""


def drawn_name(name: str) -> str:
    """A name as it is drawn: one line, cut to its length, and no mathematics (matplotlib reads $...$)."""
    line = " ".join(name.split())
    cut = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    start = " " if cut.startswith("_") else ""  # or a legend leaves it out
    return start + cut.replace("$", r"\$")


def wrapped(name: str, characters: int) -> str:
    """A drawn name in lines of so many characters."""
    return "\n".join(textwrap.wrap(name, characters))


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, sides in inches; square panels stay side by side."""
    return Figure(figsize=(width, height), layout="compressed")


def tidy(axes: Axes) -> None:
    """Small type, no frame where no axis is."""
    axes.tick_params(labelsize=8)
    axes.title.set_fontsize(10)
    axes.xaxis.label.set_fontsize(9)
    axes.yaxis.label.set_fontsize(9)
    axes.spines[["top", "right"]].set_visible(False)


def legend_below(figure: Figure, axes: Axes, title: str | None = None, columns: int = 1) -> None:
    """The legend of ``axes`` under the figure, where long names have room and cover nothing."""
    if axes.get_legend():
        axes.get_legend().remove()
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, title=title, loc="outside lower center", ncols=columns,
        fontsize=8, title_fontsize=8, frameon=False, handlelength=3.5,
    )  # fmt: skip
