"""A study's result as ``study.md``, ``study.csv`` and ``study.png``."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.files import replacing, write_text
from mammo_monai.notice import NOTICE
from mammo_monai.studies.figure import draw
from mammo_monai.studies.result import COMPARED, MAJORITY, Line, comparisons
from mammo_monai.studies.table import Study

NOISE = "within noise"
FIGURES = """\
Figures are those of the test predictions, 95 % intervals in brackets; several folds make one figure, whose areas count
the pairs within a fold. "majority" is the accuracy of always naming the commonest class. Intervals speak of other
patients, not of another training. Training is the time of all epochs with their validation, images/s that of the
evaluation with loading, memory the peak of the training process (+ GPU)."""
DIFFERENCES = f"""\
Δ is the difference from {{baseline}}, or the row named, on the same images, paired, clustered by patient, accuracy in
percentage points, its interval that of each alone. {{total}} differences are looked at together: "{NOISE}" is one whose
interval of level 1 - 0.05 / {{total}} (Bonferroni) holds 0, which does not mean equal."""
MARK = {True: "", False: f" {NOISE}", None: " no interval"}
"""By whether a difference is beyond noise."""


def write(out: Path, study: Study, lines: Sequence[Line]) -> list[Path]:
    """Write the three files and return them."""
    page, table, picture = (out / f"study.{kind}" for kind in ("md", "csv", "png"))
    write_text(page, _page(study, lines))
    cells = [_cells(line, line.row.name == study.baseline) for line in lines]
    with replacing(table) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in cells for key in row)))
        writer.writeheader()
        writer.writerows(cells)
    draw(picture, study.baseline, lines)
    return [page, table, picture]


def _page(study: Study, lines: Sequence[Line]) -> str:
    seen = any(line.row.seen for line in lines)
    titles = ["row", "what", "n (classes)", "majority", "accuracy", "macAUC", "Δ accuracy", "Δ macAUC"]
    titles += [*(["source says"] if seen else []), "epochs", "training", "images/s", "parameters (M)", "memory (GB)"]
    body = [[*_compared(line, study), *([line.row.seen] if seen else []), *_cost(line.cost)] for line in lines]
    remarks = [f"* {line.row.name}: {line.remark}" for line in lines if line.remark]
    parts = [
        f"# {study.name}",
        f"**{NOTICE}**",
        study.note,
        _table([titles, ["---"] * len(titles), *body]),
        FIGURES,
        DIFFERENCES.format(baseline=study.baseline, total=total) if (total := comparisons(lines)) else "",
        "\n".join(remarks),
        "![Differences from the baseline](study.png)",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    )


def _compared(line: Line, study: Study) -> list[str]:
    name = f"**{line.row.name}**" if line.row.name == study.baseline else line.row.name
    classes = ", ".join(f"{count} {label}" for label, count in line.counts.items())
    return [
        name,
        line.row.note + (f" (against {line.row.against})" if line.row.against else ""),
        f"{sum(line.counts.values())} ({classes})" if line.counts else "",
        _figure(line.figures.get(MAJORITY)).partition(" ")[0],
        *(_figure(line.figures.get(figure)) for figure in COMPARED),
        *(_difference(line, figure, 100 if figure == "accuracy" else 1) for figure in COMPARED),
    ]


def _figure(figure: Estimate | None) -> str:
    if figure is None or figure.value is None:
        return "" if figure is None else "undefined"
    interval = "" if figure.low is None or figure.high is None else f" [{figure.low:.3f}, {figure.high:.3f}]"
    return f"{figure.value:.3f}{interval}"


def _difference(line: Line, name: str, unit: int) -> str:
    found = line.differences.get(name)
    if found is None or found.value is None:
        return ""
    decimals = 1 if unit == 100 else 3
    ends = (
        ""
        if found.low is None or found.high is None
        else (f" [{unit * found.low:+.{decimals}f}, {unit * found.high:+.{decimals}f}]")
    )
    return f"{unit * found.value:+.{decimals}f}{ends}" + MARK[line.beyond[name]]


def _cost(cost: Mapping[str, float]) -> list[str]:
    def shown(key: str, form: str, unit: float = 1) -> str:
        return format(cost[key] / unit, form) if key in cost else ""

    seconds = cost.get("training_seconds")
    memory = [shown("peak_memory", ".1f", 1e9), shown("peak_gpu_memory", ".1f", 1e9)]
    return [
        shown("epochs", ".0f"),
        "" if seconds is None else str(timedelta(seconds=round(seconds))),
        shown("images_per_second", ".1f"),
        shown("parameters", ".2f", 1e6),
        " + ".join(filter(None, memory)),
    ]


def _cells(line: Line, baseline: bool) -> dict[str, Any]:
    cells: dict[str, Any] = {"row": line.row.name, "note": line.row.note, "seen": line.row.seen}
    cells |= {"baseline": baseline, "n": sum(line.counts.values())}
    cells |= {f"n_{name}": count for name, count in line.counts.items()}
    named = {**line.figures, **{f"difference_{name}": figure for name, figure in line.differences.items()}}
    for name, figure in named.items():
        cells |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
    cells |= {f"difference_{name}_beyond_noise": beyond for name, beyond in line.beyond.items()}
    return {**cells, **line.cost, "remark": line.remark}
