from __future__ import annotations

import math

import numpy as np
import pytest

from mammo_monai.evaluation.metrics import auc_per_class, macro_auc, summarize


def from_confusion(matrix):
    """Labels and one-hot predictions that give this confusion matrix."""
    pairs = [(truth, called) for truth, row in enumerate(matrix) for called, n in enumerate(row) for _ in range(n)]
    labels, predicted = np.array(pairs).T
    return labels, np.eye(len(matrix))[predicted]


def test_figures_of_the_hanoi_studys_table_3():
    """Accuracy 56.4 % and recalls 0.648 / 0.745 / 0.326 follow from the printed confusion matrix."""
    table = [[236, 122, 6], [108, 331, 5], [172, 142, 152]]
    figures = summarize(*from_confusion(table), ["045", "1", "23"])
    assert figures["confusion_matrix"] == table
    assert figures["n"] == 1274
    assert figures["counts"] == {"045": 364, "1": 444, "23": 466}
    assert figures["accuracy"] == pytest.approx(0.564, abs=5e-4)
    assert list(figures["sensitivity"].values()) == pytest.approx([0.648, 0.745, 0.326], abs=5e-4)
    assert figures["specificity"]["045"] == pytest.approx((1274 - 364 - 108 - 172) / (1274 - 364))
    assert figures["majority_accuracy"] == pytest.approx(466 / 1274)


def test_auc_counts_ties_half():
    labels = np.array([0, 0, 1, 1])
    scores = np.array([0.9, 0.5, 0.5, 0.1])
    assert auc_per_class(labels, np.c_[scores, 1 - scores]).tolist() == [0.875, 0.875]


def test_undefined_stays_undefined():
    labels, probabilities = np.array([0, 1]), np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]])
    assert math.isnan(macro_auc(labels, probabilities))
    figures = summarize(labels, probabilities, ["045", "1", "23"])
    assert figures["macro_auc"] is None
    assert figures["auc"] == {"045": 1.0, "1": 1.0, "23": None}
    assert figures["sensitivity"]["23"] is None
    assert figures["specificity"]["23"] == 1.0
