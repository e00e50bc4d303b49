"""Bars of the differences from the baseline, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mammo_monai.files import replacing
from mammo_monai.studies.result import COMPARED, Line

GAIN, LOSS, NOISE = "#2e7d32", "#c62828", "#9e9e9e"
TITLES = {"accuracy": "accuracy, percentage points", "macro_auc": "macAUC"}


def draw(path: Path, baseline: str, lines: Sequence[Line]) -> None:
    """One bar per row and figure: green or red beyond the noise of all together, grey within it."""
    figure = Figure(figsize=(11, 1.6 + 0.35 * len(lines)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(COMPARED), sharey=True)
    for panel, name in zip(panels, COMPARED, strict=True):
        unit = 100 if name == "accuracy" else 1
        for place, line in enumerate(lines):
            found = line.differences.get(name)
            if found is None or found.value is None:
                continue
            colour = NOISE if not line.beyond[name] else GAIN if found.value > 0 else LOSS
            panel.barh(place, unit * found.value, color=colour)
            if found.low is not None and found.high is not None:
                panel.plot([unit * found.low, unit * found.high], [place, place], color="black", linewidth=1.2)
        panel.axvline(0, color="black", linewidth=0.8)
        panel.set_title(TITLES[name])
    panels[0].set_yticks(range(len(lines)), [line.row.name for line in lines])
    panels[0].set_ylim(len(lines) - 0.5, -0.5)
    figure.suptitle(f"Difference from {baseline} (95 % interval; grey: within the noise of all together)")
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
