"""What a table of probabilities is worth: one-vs-rest AUCs, precision, recall, F1 and their means over the classes.

The macro mean of the one-vs-rest AUCs ("macAUC") is the main figure of Geras et al. 2018 and of the Hanoi BI-RADS
study; precision, recall and F1 of the malignant class are those of patch studies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, roc_auc_score

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
FIGURES = ("precision", "recall", "f1")


def auc_per_class(labels: IntArray, probabilities: FloatArray) -> FloatArray:
    """Area under the ROC curve of each class against the rest.

    Args:
        labels: (N,) class indices.
        probabilities: (N, C) probability of each class.

    Returns:
        (C,) areas; NaN where a class or its rest is absent, because the area is then undefined.
    """
    positives = labels[:, None] == np.arange(probabilities.shape[1])
    return np.array(
        [
            roc_auc_score(positive, score) if 0 < positive.sum() < len(positive) else math.nan
            for positive, score in zip(positives.T, probabilities.T, strict=True)
        ]
    )


def macro_auc(labels: IntArray, probabilities: FloatArray) -> float:
    """Unweighted mean of :func:`auc_per_class`; NaN when any of them is undefined."""
    return float(np.mean(auc_per_class(labels, probabilities)))


def precision_recall_f1(matrix: IntArray) -> FloatArray:
    """Precision, recall (sensitivity) and F1 of each class of a confusion matrix.

    Args:
        matrix: (C, C) counts; rows are the truth, columns the prediction.

    Returns:
        (3, C): TP / (TP + FP), TP / (TP + FN) and 2 TP / (2 TP + FP + FN), NaN where nothing was called so, nothing
        is so, or neither. scikit-learn writes 0 there unless told otherwise.
    """
    truth, called, hit = matrix.sum(1), matrix.sum(0), matrix.diagonal()
    with np.errstate(invalid="ignore"):
        return np.stack([hit / called, hit / truth, 2 * hit / (called + truth)])


def averages(figures: FloatArray, truth: IntArray) -> dict[str, FloatArray]:
    """Means over the classes of what :func:`precision_recall_f1` gives.

    Args:
        figures: (3, C).
        truth: (C,) images of each class.

    Returns:
        "macro", the plain mean, and "weighted", by ``truth``: (3,) each. NaN when a figure in it is undefined; a class
        without images has no weight.
    """
    there = truth > 0
    weighted = figures[:, there] @ (truth[there] / truth.sum()) if there.any() else np.full(len(figures), math.nan)
    return {"macro": figures.mean(1), "weighted": weighted}


def confusion(labels: IntArray, probabilities: FloatArray) -> IntArray:
    """(C, C) counts of (N,) labels, rows, against the argmax of (N, C) probabilities, columns."""
    matrix: IntArray = confusion_matrix(labels, probabilities.argmax(1), labels=np.arange(probabilities.shape[1]))
    return matrix


def summarize(labels: IntArray, probabilities: FloatArray, class_names: Sequence[str]) -> dict[str, object]:
    """Every figure of ``metrics.json``. Undefined figures are None, never 0 or 1.

    Args:
        labels: (N,) class indices.
        probabilities: (N, C) probabilities; the predicted class is their argmax.
        class_names: C names, in the order of the columns.

    Returns:
        ``n``, ``counts`` per class, ``macro_auc``, ``auc``, ``accuracy``, ``majority_accuracy`` (that of always
        naming the commonest class), ``sensitivity`` (recall), ``specificity``, ``precision`` and ``f1`` per class,
        ``macro`` and ``weighted`` with the means of ``precision``, ``recall`` and ``f1``, ``confusion_matrix`` (rows:
        truth, columns: prediction).
    """
    matrix = confusion(labels, probabilities)
    truth, called, hit = matrix.sum(1), matrix.sum(0), matrix.diagonal()
    total = int(matrix.sum())
    areas = auc_per_class(labels, probabilities)
    figures = precision_recall_f1(matrix)

    def named(values: Sequence[float] | FloatArray) -> dict[str, float | None]:
        return {name: _defined(value) for name, value in zip(class_names, values, strict=True)}

    return {
        "n": total,
        "counts": {name: int(count) for name, count in zip(class_names, truth, strict=True)},
        "macro_auc": _defined(float(areas.mean())),
        "auc": named(areas),
        "accuracy": _ratio(hit.sum(), total),
        "majority_accuracy": _ratio(truth.max(), total),
        "sensitivity": named(figures[1]),
        "specificity": {
            name: _ratio(total - t - c + h, total - t)
            for name, h, t, c in zip(class_names, hit, truth, called, strict=True)
        },
        "precision": named(figures[0]),
        "f1": named(figures[2]),
        **{
            mean: {name: _defined(value) for name, value in zip(FIGURES, values, strict=True)}
            for mean, values in averages(figures, truth).items()
        },
        "confusion_matrix": matrix.tolist(),
    }


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
