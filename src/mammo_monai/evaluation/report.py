"""A written evaluation: predictions, ``metrics.json``, plots and a short ``report.md`` in one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import plots, predictions
from mammo_monai.evaluation.metrics import summarize
from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.files import write_text

NOTICE = "Research use only, not for clinical use."


def write_evaluation(
    folder: Path, rows: Sequence[Prediction], class_names: Sequence[str], context: Mapping[str, str]
) -> dict[str, Any]:
    """Write ``predictions.csv``, ``metrics.json``, ``roc.png``, ``confusion.png``, ``curves.png`` and ``report.md``.

    Args:
        folder: where to write; ``curves.png`` is drawn when a ``history.csv`` of the training lies there.
        rows: predictions with a label each.
        class_names: names in the order of the probabilities.
        context: what the figures are figures of (section, weights, datalist, label map), printed in the report.

    Returns:
        The content of ``metrics.json``.
    """
    judged = [row for row in rows if row.label and row.probabilities]
    if not judged:
        raise MammoError(f"{folder}: no image has both a label and a prediction; check the datalist", reason="empty")
    index = {name: i for i, name in enumerate(class_names)}
    labels = np.array([index[row.label] for row in judged])
    probabilities = np.array([row.probabilities for row in judged])
    metrics = {**summarize(labels, probabilities, class_names), "context": dict(context), "notice": NOTICE}

    predictions.write(folder / "predictions.csv", rows, class_names)
    write_text(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    plots.plot_roc(folder / "roc.png", labels, probabilities, class_names)
    plots.plot_confusion(folder / "confusion.png", labels, probabilities, class_names)
    curves = (folder / "history.csv").exists()
    if curves:
        plots.plot_curves(folder / "curves.png", folder / "history.csv")
    write_text(folder / "report.md", _markdown(metrics, class_names, context, curves))
    return metrics


def _markdown(metrics: Mapping[str, Any], class_names: Sequence[str], context: Mapping[str, str], curves: bool) -> str:
    def figure(value: float | None) -> str:
        return "undefined" if value is None else f"{value:.3f}"

    lines = [
        "# Evaluation",
        "",
        f"**{NOTICE}**",
        "",
        *(f"* {key}: {value}" for key, value in context.items()),
        "",
        f"macAUC **{figure(metrics['macro_auc'])}**, accuracy {figure(metrics['accuracy'])} "
        f"(always naming the commonest class: {figure(metrics['majority_accuracy'])}), n = {metrics['n']}.",
        "",
        "| class | images | AUC | sensitivity | specificity |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {metrics['counts'][name]} | {figure(metrics['auc'][name])} | "
            f"{figure(metrics['sensitivity'][name])} | {figure(metrics['specificity'][name])} |"
            for name in class_names
        ),
        "",
        "![ROC](roc.png) ![confusion](confusion.png)" + (" ![curves](curves.png)" if curves else ""),
        "",
    ]
    return "\n".join(lines)
