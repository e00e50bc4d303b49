"""Figures of the confusion matrix: accuracy, sensitivity, specificity, precision, F1 and their means over the classes.

The class called is the most probable one. A class that never occurs has no sensitivity, one that is never called no
precision; scikit-learn writes 0 there unless told otherwise.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from mammo_monai.evaluation.figures import Figure, by_class, ratio
from mammo_monai.evaluation.intervals import proportion
from mammo_monai.evaluation.scored import FloatArray, IntArray, Scored

BoolArray = npt.NDArray[np.bool_]


def confusion(scored: Scored) -> IntArray:
    """(C, C) counts of the rows as they are: truth in rows, called in columns."""
    return _matrices(scored, np.ones((1, len(scored))))[0].astype(np.int64)


def describe(scored: Scored) -> dict[str, Figure]:
    """Proportions with an interval of their own; means and F1 without."""
    n, called = len(scored), scored.called
    right, everything = called == scored.labels, np.ones(n, dtype=bool)
    figures = {
        "accuracy": _proportion(scored, "a row", right, everything),
        "majority_accuracy": _proportion(scored, "a row", scored.labels == _commonest(scored), everything),
        "balanced_accuracy": Figure("rows of every class", n),
    }
    for index, name in enumerate(scored.class_names):
        true, said = scored.labels == index, called == index
        figures |= {
            f"sensitivity_{name}": _proportion(scored, f"rows of {name}", right, true),
            f"specificity_{name}": _proportion(scored, f"rows of other classes than {name}", ~said, ~true),
            f"precision_{name}": _proportion(scored, f"rows called {name}", right, said),
            f"f1_{name}": Figure(f"rows of {name}, or called so", int((true | said).sum())),
        }
    return figures | {
        "macro_precision": Figure("rows called each class", n),
        "macro_sensitivity": Figure("rows of every class", n),
        "macro_f1": Figure("rows of, or called, each class", n),
        "weighted_precision": Figure("rows called each class that occurs", n),
        "weighted_sensitivity": Figure("a row", n),
        "weighted_f1": Figure("a row", n),
    }


def values(scored: Scored, weights: FloatArray) -> dict[str, FloatArray]:
    """All of :func:`describe` of (B, N) weights."""
    matrices = _matrices(scored, weights)
    truth, called, hit = matrices.sum(2), matrices.sum(1), matrices.diagonal(axis1=1, axis2=2)
    total = truth.sum(1, keepdims=True)
    each = {
        "sensitivity": ratio(hit, truth),
        "specificity": ratio(total - truth - called + hit, total - truth),
        "precision": ratio(hit, called),
        "f1": ratio(2 * hit, called + truth),
    }
    figures = {
        "accuracy": ratio(hit.sum(1), total[:, 0]),
        "majority_accuracy": ratio(truth[:, _commonest(scored)], total[:, 0]),
        "balanced_accuracy": each["sensitivity"].mean(1),
    }
    for name, columns in each.items():
        figures |= by_class(name, scored.class_names, columns)
    for name in ("precision", "sensitivity", "f1"):
        columns = each[name]
        figures[f"macro_{name}"] = columns.mean(1)
        # A class without rows has no weight, whatever its figure.
        figures[f"weighted_{name}"] = ratio((np.where(truth > 0, columns, 0) * truth).sum(1), total[:, 0])
    return figures


def _matrices(scored: Scored, weights: FloatArray) -> FloatArray:
    """(B, C, C) confusion matrices of (B, N) weights."""
    classes = len(scored.class_names)
    cell = np.eye(classes**2)[scored.labels * classes + scored.called]
    return (weights @ cell).reshape(-1, classes, classes)


def _commonest(scored: Scored) -> int:
    return int(np.bincount(scored.labels, minlength=len(scored.class_names)).argmax())


def _proportion(scored: Scored, needs: str, hits: BoolArray, among: BoolArray) -> Figure:
    interval = partial(proportion.over_patients, hits[among], scored.patients[among])
    return Figure(needs, int(among.sum()), interval)
