"""A written evaluation: predictions, ``metrics.json``, pictures and a short ``report.md`` in one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mammo_monai.evaluation import plots, prediction_table, predictions
from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.figures import INTERVALS, PER_CLASS
from mammo_monai.evaluation.metrics import summarize
from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.files import write_text
from mammo_monai.notice import NOTICE


def write_evaluation(
    folder: Path, rows: Sequence[Prediction], class_names: Sequence[str], context: Mapping[str, str]
) -> dict[str, Any]:
    """Write ``predictions.csv``, ``metrics.json``, every picture of :mod:`.plots` and ``report.md``.

    The figures are those of the table as it is written, so that whoever reads it finds the same.

    Args:
        folder: where to write; ``curves.png`` is drawn when a ``history.csv`` of the training lies there.
        rows: predictions; those without a label or a prediction are counted and left out of the figures.
        class_names: names in the order of the probabilities.
        context: what the figures are figures of (section, weights, datalist, label map), printed in the report.

    Returns:
        The content of ``metrics.json``: what :func:`summarize` gives, ``context`` and ``notice``.

    Raises:
        MammoError: no row has both a label and a prediction; see :func:`prediction_table.read`.
    """
    predictions.write(folder / "predictions.csv", rows, class_names)
    judged = prediction_table.read(folder / "predictions.csv")
    metrics = {**summarize(judged), "context": dict(context), "notice": NOTICE}
    write_text(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    pictures = plots.draw_all(folder, judged)
    write_text(folder / "report.md", markdown(metrics, pictures))
    return metrics


def markdown(metrics: Mapping[str, Any], pictures: Sequence[str]) -> str:
    """The report of a ``metrics.json``; it prints and computes nothing."""
    found = {name: Estimate.read(content) for name, content in metrics["figures"].items()}
    classes = list(metrics["counts"])
    each = [f"{figure}_{name}" for figure in PER_CLASS for name in classes]
    others = [name for name in found if name not in {"macro_auc", "accuracy", "majority_accuracy", *each}]
    lines = [
        "# Evaluation",
        "",
        f"**{metrics['notice']}**",
        "",
        *(f"* {key}: {value}" for key, value in metrics["context"].items()),
        *(f"* {code}: {count}" for code, count in metrics["notes"].items()),
        "",
        f"macAUC **{found['macro_auc']}**, accuracy {found['accuracy']}; always naming the commonest class: "
        f"{found['majority_accuracy']}. {metrics['n']} rows of {metrics['patients']} patients.",
        "",
        *_table(
            ["class", "rows", *PER_CLASS.values()],
            [[name, metrics["counts"][name], *(found[f"{figure}_{name}"] for figure in PER_CLASS)] for name in classes],
        ),
        *_table(["figure", "value", "interval by"], [[name, found[name], found[name].method] for name in others]),
        *_table(
            ["truth / called", *classes],
            [[name, *row] for name, row in zip(classes, metrics["confusion_matrix"], strict=True)],
        ),
        INTERVALS,
        "",
        " ".join(f"![{Path(name).stem}]({name})" for name in pictures),
        "",
    ]
    return "\n".join(lines)


def _table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    cells = [titles, ["---"] * len(titles), *rows]
    return ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in cells] + [""]
