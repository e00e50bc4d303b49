"""The flow of the images as a diagram: records, those left out, sections, rows judged."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mammo_monai.datasets.records import SECTIONS
from mammo_monai.evaluation.plots._style import GREY, drawn_name
from mammo_monai.reporting.context import Context

LINE = 34
MOST = 8
"""Reasons or classes that a box names."""
WIDTH, ROW, PADDING, GAP = 8.8, 0.16, 0.3, 0.3
PLACES, ASIDE_AT = (1.0, 2.9, 4.8), 6.5
"""Inches: of the whole, a line of text, round a box's text, between steps; columns of the sections, what is aside."""
MAIN, ASIDE, CHOSEN = "#eef3f8", "#f7f2e8", "#d7e5f2"


def draw(context: Context) -> Figure:
    """One box per step, what was left out at its right."""
    listed = context.datalist
    lost = {code: n for code, n in context.metrics["notes"].items() if code != "without-patient"}
    counts = [(section, listed["counts"][section]) for section in SECTIONS] if listed else []
    out = left_out(listed) if listed else {}
    usable = sum(sum(own.values()) for _, own in counts)
    patients = f"\nof {context.metrics['patients']:,} patients"
    own = [section for section, _ in counts]
    column = PLACES[own.index(context.section)] if context.section in own else PLACES[1]
    figure, axes = _empty()
    top = 0.0
    if counts:
        places = [
            (x, _counts(section, of), CHOSEN if x == column else MAIN)
            for x, (section, of) in zip(PLACES, counts, strict=True)
        ]
        bottom = _step(axes, top, [(PLACES[1], _first(listed, usable, out), MAIN)], out, "left out")
        top = bottom - GAP
        for x in PLACES:
            _arrow(axes, (PLACES[1], bottom), (x, top))
        bottom = _step(axes, top, places)
        top = bottom - GAP
        _arrow(axes, (column, bottom), (column, top))
    bottom = _step(axes, top, [(column, f"rows in the table: {context.total:,}", MAIN)], lost, "not judged")
    top = bottom - GAP
    _arrow(axes, (column, bottom), (column, top))
    judged = _counts(
        f"judged ({context.section})" if context.section else "judged", context.metrics["counts"], patients
    )
    bottom = _step(axes, top, [(column, judged, CHOSEN)])
    figure.set_size_inches(WIDTH, 0.1 - bottom)
    axes.set(xlim=(0, WIDTH), ylim=(bottom - 0.05, 0.05))
    return figure


def left_out(listed: Mapping[str, Any]) -> dict[str, int]:
    """What a datalist left out, by reason; a patch list by its policies, "tile no-coordinates", too."""
    found = dict(listed.get("left_out", {}))
    for policy, outcome in listed.get("outcomes", {}).items():
        found |= {f"{policy} {reason}": n for reason, n in outcome.get("left_out", {}).items()}
    return found


def _first(listed: Mapping[str, Any] | None, usable: int, out: Mapping[str, int]) -> str:
    """What the list was made from; of patches, of which an image or a finding gives several, what it has."""
    made = listed and listed.get("patches")
    return f"patches cut: {usable:,}" if made else f"records read: {usable + sum(out.values()):,}"


def _counts(title: str, counts: Mapping[str, int], more: str = "") -> str:
    lines = [f"{drawn_name(name)}: {n:,}" for name, n in list(counts.items())[:MOST]]
    lines += ["..."] if len(counts) > MOST else []
    return "\n".join([f"{title}: {sum(counts.values()):,}{more}", *lines])


def _empty() -> tuple[Figure, Axes]:
    figure = Figure()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    return figure, axes


def _step(
    axes: Axes, top: float, boxes: Sequence[tuple[float, str, str]], out: Mapping[str, int] | None = None, why: str = ""
) -> float:
    """Boxes (x, text, colour) side by side, and one for what goes aside; returns where they end."""
    aside = _counts(why, dict(sorted(out.items(), key=lambda entry: -entry[1]))) if out else ""
    texts = [_wrapped(text) for text in (*(text for _, text, _ in boxes), aside)]
    bottom = top - max(text.count("\n") + 1 for text in texts) * ROW - PADDING
    middle = (top + bottom) / 2
    if aside:
        _arrow(axes, (boxes[-1][0], middle), (ASIDE_AT - 0.1, middle))
        _box(axes, ASIDE_AT, middle, texts[-1], ASIDE, "left")
    for (x, _, colour), text in zip(boxes, texts, strict=False):
        _box(axes, x, middle, text, colour)
    return bottom


def _wrapped(text: str) -> str:
    return "\n".join(part for line in text.split("\n") for part in textwrap.wrap(line, LINE))


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": GREY}, zorder=0)


def _box(axes: Axes, x: float, y: float, text: str, colour: str, align: str = "center") -> None:
    axes.text(
        x, y, text, ha=align, va="center", fontsize=8,
        bbox={"boxstyle": "round,pad=0.5", "facecolor": colour, "edgecolor": "#8899aa"},
    )  # fmt: skip
