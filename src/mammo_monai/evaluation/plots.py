"""The pictures of an evaluation: ROC curves, confusion matrix, training curves. PNG, no display needed."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay

from mammo_monai.evaluation.metrics import FloatArray, IntArray
from mammo_monai.files import replacing


def plot_roc(path: Path, labels: IntArray, probabilities: FloatArray, class_names: Sequence[str]) -> None:
    """One-vs-rest ROC curve of every class that has both positives and negatives."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    for index, name in enumerate(class_names):
        positive = labels == index
        if 0 < positive.sum() < len(positive):
            RocCurveDisplay.from_predictions(
                positive, probabilities[:, index], name=f"{name} (n={positive.sum()})", ax=axes
            )
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.set(title="One class against the rest", xlabel="1 - specificity", ylabel="sensitivity")
    _save(figure, path)


def plot_confusion(path: Path, labels: IntArray, probabilities: FloatArray, class_names: Sequence[str]) -> None:
    """Confusion matrix in counts; rows are the truth."""
    figure = Figure(figsize=(4.5, 4), layout="constrained")
    ConfusionMatrixDisplay.from_predictions(
        labels,
        probabilities.argmax(1),
        labels=np.arange(len(class_names)),
        display_labels=list(class_names),
        ax=figure.subplots(),
        colorbar=False,
        cmap="Blues",
    )
    _save(figure, path)


def plot_curves(path: Path, history: Path) -> None:
    """Training and validation curves of a ``history.csv``: loss left, macro AUC right."""
    with history.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, metric in zip(figure.subplots(1, 2), ("loss", "macro_auc"), strict=True):
        for part in ("train", "val"):
            points = [(int(r["epoch"]), float(r[f"{part}_{metric}"])) for r in rows if r.get(f"{part}_{metric}")]
            if points:
                axes.plot(*zip(*points, strict=True), marker=".", label=part)
        axes.set(xlabel="epoch", ylabel=metric)
        if axes.lines:
            axes.legend()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
