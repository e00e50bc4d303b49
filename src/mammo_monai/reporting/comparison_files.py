"""A comparison as ``compare.md``, ``compare.csv`` and ``compare.png``."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.plots import save
from mammo_monai.evaluation.plots._style import COLOURS, GREY, drawn_name, tidy
from mammo_monai.files import replacing, write_text
from mammo_monai.notice import NOTICE
from mammo_monai.reporting.blocks import titled
from mammo_monai.reporting.comparing import Compared, comparisons

MARK = {True: " **beyond noise**", False: " within noise", None: ""}


def write(out: Path, runs: Sequence[Compared], notes: Mapping[str, Mapping[str, int]]) -> list[Path]:
    """Write the three files.

    Args:
        out: folder.
        runs: the first is the one compared with.
        notes: what was left out of each run's table, by code.

    Returns:
        the files.
    """
    page, table, picture = (out / f"compare.{kind}" for kind in ("md", "csv", "png"))
    write_text(page, markdown(runs, notes))
    with replacing(table) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["run", "figure", "of", "value", "low", "high", "n", "beyond_noise", "method", "reason"])
        writer.writerows(line for run in runs for line in _lines(run))
    save(draw(runs), picture)
    return [page, table, picture]


def markdown(runs: Sequence[Compared], notes: Mapping[str, Mapping[str, int]]) -> str:
    """The table with its remarks; it computes nothing."""
    figures = list(runs[0].figures)
    total = comparisons(len(runs), len(figures))
    rows = [["run", *map(titled, figures), *(f"Δ {titled(name)}" for name in figures)]]
    rows += [["---"] * len(rows[0])]
    rows += [[run.name, *map(str, run.figures.values()), *(_difference(run, name) for name in figures)] for run in runs]
    left_out = [
        f"* {name}: left out {', '.join(f'{n} {code}' for code, n in codes.items())}" for name, codes in notes.items()
    ]
    remark = (
        f"Δ: figure of the run less that of {_plain(runs[0].name)}, on the same rows, paired, 95 % interval over "
        f"patients of each difference alone. {total} {'difference is' if total == 1 else 'differences are'} looked at "
        f"together; one is marked beyond noise only if its interval of level 1 - 0.05 / {total} (Bonferroni) leaves 0 "
        "out. Within noise does not mean equal."
    )
    table = "\n".join("| " + " | ".join(map(_plain, row)) + " |" for row in rows)
    parts = ["# Comparison", f"**{NOTICE}**", table, remark, "\n".join(left_out), "![Differences](compare.png)"]
    return "\n\n".join(part for part in parts if part) + "\n"


def draw(runs: Sequence[Compared]) -> Figure:
    """A panel per figure: each difference with its interval, coloured where it is beyond noise."""
    figures, others = list(runs[0].figures), runs[1:]
    figure = Figure(figsize=(3.0 + 3.2 * len(figures), 1.3 + 0.4 * len(others)), layout="constrained")
    panels = figure.subplots(1, len(figures), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, figures, strict=True):
        for place, run in enumerate(others):
            _bar(axes, place, run.differences[name], bool(run.beyond[name]))
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_title(f"Δ {drawn_name(titled(name))}")
        tidy(axes)
    panels[0].set_yticks(range(len(others)), [drawn_name(run.name) for run in others])
    panels[0].set_ylim(len(others) - 0.5, -0.5)
    figure.supxlabel(
        f"difference from {drawn_name(runs[0].name)}, 95 %; blue: beyond noise of all together", fontsize=8
    )
    return figure


def _bar(axes, place: int, found: Estimate, beyond: bool) -> None:  # type: ignore[no-untyped-def]
    colour = COLOURS[0] if beyond else GREY
    if found.value is None:
        axes.text(0, place, "undefined", fontsize=7, va="center", ha="center", backgroundcolor="w")
        return
    axes.plot(found.value, place, "o", color=colour, markersize=5)
    if found.low is not None and found.high is not None:
        axes.plot([found.low, found.high], [place, place], color=colour, linewidth=1.5)


def _difference(run: Compared, name: str) -> str:
    found = run.differences.get(name)
    return f"{_signed(found)}{MARK[run.beyond[name]]}" if found else ""


def _signed(found: Estimate) -> str:
    """As :meth:`Estimate.text`, with the sign."""
    if found.value is None:
        return str(found)
    if found.low is None or found.high is None:
        return f"{found.value:+.3f} (no interval: {found.reason}, n = {found.n})"
    return f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f}, n = {found.n})"


def _lines(run: Compared) -> list[list[object]]:
    def line(name: str, kind: str, found: Estimate, beyond: object) -> list[object]:
        return [run.name, name, kind, found.value, found.low, found.high, found.n, beyond, found.method, found.reason]

    own = [line(name, "run", found, "") for name, found in run.figures.items()]
    return own + [line(name, "difference", found, run.beyond[name]) for name, found in run.differences.items()]


def _plain(text: str) -> str:
    """A name in a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
