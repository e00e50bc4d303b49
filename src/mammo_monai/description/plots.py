"""A table by section as a picture: one bar per value and section, as high as its share, with its number on it."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from mammo_monai.datasets.records import SECTIONS
from mammo_monai.description.tables import Table
from mammo_monai.files import replacing

COLOURS = {"training": "#4477aa", "validation": "#ccbb44", "test": "#aa3377"}
"""Of Paul Tol's "bright" scheme: told apart by colour-blind readers and in grey."""
LONGEST_UPRIGHT = 8
"""Characters of a name that still fits under an upright bar."""
_BAR = 0.27


def plot_bars(table: Table, path: Path) -> None:
    """Write a PNG of the first ``bars`` rows of a table; sections without anything are left out."""
    rows = table.rows[: table.bars]
    names = [_shown(str(row[0])) for row in rows]
    upright = max(map(len, names)) <= LONGEST_UPRIGHT
    length = max(3.0, 0.9 + len(names) * (0.8 if upright else 0.42))
    figure = Figure(figsize=(max(length, 5), 3.4) if upright else (7.5, length), layout="constrained")
    axes = figure.subplots()
    columns = {name: i for i, name in enumerate(table.header)}
    per = table.header[-1].removeprefix("total ")
    present = [section for section in SECTIONS if any(row[columns[section]] for row in rows)]
    for number, section in enumerate(present):
        places = [i + (number - (len(present) - 1) / 2) * _BAR for i in range(len(names))]
        shares = [float(row[columns[f"{section} {per}"]] or 0) for row in rows]
        draw = axes.bar if upright else axes.barh
        drawn = draw(places, shares, _BAR, label=section, color=COLOURS[section])
        axes.bar_label(drawn, [f"{row[columns[section]]}" for row in rows], fontsize=6.5, padding=2)
    (axes.set_xticks if upright else axes.set_yticks)(range(len(names)), names, fontsize=8)
    (axes.set_ylabel if upright else axes.set_xlabel)("% of the section" if per == "%" else per)
    axes.margins(**({"y": 0.12} if upright else {"x": 0.08, "y": 0.02}))
    if not upright:
        axes.invert_yaxis()  # the first row of the table on top
    axes.set_title(table.title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=len(SECTIONS), fontsize=8, frameon=False)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)


def _shown(name: str) -> str:
    """A name as it is drawn: cut to a line's length, and no mathematics (matplotlib reads $...$)."""
    return (name if len(name) <= 40 else f"{name[:39]}…").replace("$", r"\$")
