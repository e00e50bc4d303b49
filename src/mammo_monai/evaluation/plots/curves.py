"""Loss and macro AUC of a training, epoch by epoch, and the epoch whose weights were kept."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

from matplotlib.figure import Figure

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.plots import save
from mammo_monai.evaluation.plots._style import COLOURS, GREY, legend_below, new_figure, tidy
from mammo_monai.evaluation.scored import Scored

METRICS = {"loss": "loss", "macro_auc": "macro AUC"}
PARTS = {"train": "training", "val": "validation"}
CHOSEN_BY = "val_macro_auc"

Series = dict[int, float]
"""Value by epoch."""


def draw(scored: Scored, folder: Path) -> Figure | None:
    """See :class:`mammo_monai.evaluation.plots.Picture`; None without a ``history.csv``."""
    history = folder / "history.csv"
    return draw_history(history) if history.is_file() else None


def draw_history(history: Path) -> Figure | None:
    """Training and validation curves of a ``history.csv``; None where it holds neither loss nor macro AUC.

    Raises:
        MammoError: reason ``bad-history``.
    """
    series = {f"{part}_{metric}": _series(history, f"{part}_{metric}") for part in PARTS for metric in METRICS}
    if not any(series.values()):
        return None
    figure = new_figure(9, 3.9)
    panels = figure.subplots(1, 2)
    for axes, (metric, title) in zip(panels, METRICS.items(), strict=True):
        for (part, name), colour, marker in zip(PARTS.items(), COLOURS, ".x", strict=False):
            points = series[f"{part}_{metric}"]
            axes.plot(points.keys(), points.values(), marker=marker, markersize=4, color=colour, label=name)
        axes.set(title=title, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        tidy(axes)
    phases = _series(history, "phase")
    for before, after in pairwise(phases):
        if phases[before] != phases[after]:
            for axes in panels:
                axes.axvline(before + 0.5, color=COLOURS[2], linestyle="--", label=f"phase {phases[after]:g} begins")
    chosen = series[CHOSEN_BY]
    if chosen:
        epoch = max(chosen, key=lambda e: chosen[e])  # the first of equals, as the checkpoint
        for axes in panels:
            label = f"chosen: epoch {epoch}, validation macro AUC {chosen[epoch]:.3f}"
            axes.axvline(epoch, color=GREY, linestyle=":", label=label)
    legend_below(figure, panels[0], columns=4)
    return figure


def plot_curves(path: Path, history: Path) -> None:
    """Write the picture of a training that is just ending, before there is any evaluation."""
    figure = draw_history(history)
    if figure is not None:
        save(figure, path)


def _series(history: Path, column: str) -> Series:
    try:
        with history.open(newline="", encoding="utf-8") as file:
            return {int(row["epoch"]): float(row[column]) for row in csv.DictReader(file) if row.get(column)}
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise MammoError(
            f"{history}: is no training history ({error}); expected a column epoch and numbers, remove the file",
            reason="bad-history",
        ) from error
