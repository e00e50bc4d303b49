from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from mammo_monai.evaluation.metrics import (
    auc_per_class,
    averages,
    confusion,
    macro_auc,
    precision_recall_f1,
    summarize,
)


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


def test_precision_and_recall_of_abnormal_patches_as_printed():
    """808 / (808 + 13) = 0.984 and 808 / (808 + 98) = 0.892 in the study of DDSM patches (2020)."""
    figures = summarize(*from_confusion([[4152, 13], [98, 808]]), ["normal", "abnormal"])
    assert figures["precision"]["abnormal"] == pytest.approx(0.984, abs=5e-4)
    assert figures["sensitivity"]["abnormal"] == pytest.approx(0.892, abs=5e-4)
    assert figures["f1"]["abnormal"] == pytest.approx(2 * 808 / (2 * 808 + 13 + 98))


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_figures_and_their_means_are_scikit_learns_where_it_defines_them(classes):
    random = np.random.default_rng(classes)
    labels = np.r_[np.arange(classes), random.integers(0, classes, 60)]
    probabilities = np.r_[np.eye(classes), random.random((60, classes))]
    matrix = confusion(labels, probabilities)
    figures, predicted = precision_recall_f1(matrix), probabilities.argmax(1)
    assert np.allclose(figures, precision_recall_fscore_support(labels, predicted)[:3])
    for mean, values in averages(figures, matrix.sum(1)).items():
        assert np.allclose(values, precision_recall_fscore_support(labels, predicted, average=mean)[:3])


def test_means_of_a_small_matrix_by_hand():
    figures = summarize(*from_confusion([[3, 1], [2, 4]]), ["benign", "malignant"])
    assert figures["precision"] == {"benign": 3 / 5, "malignant": 4 / 5}
    assert figures["f1"] == {"benign": pytest.approx(6 / 9), "malignant": pytest.approx(8 / 11)}
    assert figures["macro"]["precision"] == pytest.approx((3 / 5 + 4 / 5) / 2)
    assert figures["weighted"]["precision"] == pytest.approx((4 * 3 / 5 + 6 * 4 / 5) / 10)
    assert figures["weighted"]["recall"] == pytest.approx(figures["accuracy"]) == pytest.approx(7 / 10)
    assert figures["macro"]["f1"] == pytest.approx((6 / 9 + 8 / 11) / 2)


@pytest.mark.filterwarnings("error")
def test_figures_without_a_denominator_are_undefined():
    never_called = summarize(*from_confusion([[3, 0], [2, 0]]), ["benign", "malignant"])
    assert never_called["precision"] == {"benign": 3 / 5, "malignant": None}
    assert never_called["f1"]["malignant"] == 0  # of two malignant none was found: that is defined
    assert never_called["macro"] == {"precision": None, "recall": 0.5, "f1": pytest.approx(3 / 8)}
    assert never_called["weighted"]["precision"] is None
    absent = summarize(np.array([0, 0, 1]), np.eye(3)[[0, 1, 1]], ["normal", "benign", "malignant"])
    assert absent["f1"]["malignant"] is absent["sensitivity"]["malignant"] is None
    assert absent["macro"]["f1"] is None
    assert absent["weighted"]["recall"] == pytest.approx(2 / 3)
    nothing = averages(precision_recall_f1(np.zeros((2, 2), np.int64)), np.zeros(2, np.int64))
    assert np.isnan(nothing["weighted"]).all()
