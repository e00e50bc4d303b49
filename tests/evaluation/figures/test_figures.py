from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    precision_recall_fscore_support,
    recall_score,
    roc_auc_score,
)

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import figures
from mammo_monai.evaluation.figures.probabilistic import bins
from mammo_monai.evaluation.scored import of


def drawn(seed: int, classes: tuple[str, ...], n: int = 40, decimals: int = 1):
    """Every class is there and is called; with one decimal, most scores tie with another."""
    random = np.random.default_rng(seed)
    c = len(classes)
    labels = np.r_[np.arange(c), random.integers(0, c, n)]
    probabilities = np.r_[np.eye(c), random.dirichlet(np.ones(c), n).round(decimals)]
    return of(labels, probabilities, classes), random


def by_scikit_learn(labels, probabilities, classes):
    """Every figure that scikit-learn has, by the names of ours."""
    called, index = probabilities.argmax(1), np.arange(len(classes))
    parts = precision_recall_fscore_support(labels, called, labels=index, zero_division=np.nan)[:3]
    truth = labels[:, None] == index
    expected = {
        "accuracy": accuracy_score(labels, called),
        "balanced_accuracy": balanced_accuracy_score(labels, called),
        "brier": brier_score_loss(truth[:, 1] if len(classes) == 2 else labels, probabilities[:, 1])
        if len(classes) == 2
        else np.mean(((truth - probabilities) ** 2).sum(1)),
    }
    for k, name in enumerate(classes):
        expected[f"auc_{name}"] = roc_auc_score(truth[:, k], probabilities[:, k])
        expected[f"auprc_{name}"] = average_precision_score(truth[:, k], probabilities[:, k])
        expected[f"specificity_{name}"] = recall_score(labels != k, called != k)
        for figure, values in zip(("precision", "sensitivity", "f1"), parts, strict=True):
            expected[f"{figure}_{name}"] = values[k]
    for figure in ("auc", "auprc"):
        expected[f"macro_{figure}"] = np.mean([expected[f"{figure}_{name}"] for name in classes])
    for mean in ("macro", "weighted"):
        for figure, value in zip(
            ("precision", "sensitivity", "f1"),
            precision_recall_fscore_support(labels, called, labels=index, average=mean, zero_division=0)[:3],
            strict=True,
        ):
            expected[f"{mean}_{figure}"] = value
    if classes[0] == "1":
        expected["quadratic_kappa"] = cohen_kappa_score(labels, called, weights="quadratic")
    return expected


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32), st.sampled_from([("b", "m"), ("045", "1", "23"), ("1", "2", "3", "4", "5")]))
def test_weights_count_rows_as_scikit_learn_counts_repeated_ones(seed, classes):
    """A row with the weight 3 is a row that stands there three times; scores tie within and between classes."""
    scored, random = drawn(seed, classes)
    weights = random.integers(0, 4, (3, len(scored))).astype(float)
    weights[:, : len(classes)] = [[1], [2], [3]]
    ours = figures.values(scored, weights)
    for replicate, counts in enumerate(weights.astype(int)):
        labels, probabilities = scored.labels.repeat(counts), scored.probabilities.repeat(counts, axis=0)
        expected = by_scikit_learn(labels, probabilities, classes)
        found = {name: ours[name][replicate] for name in expected}
        assert found == pytest.approx(expected, abs=1e-12)


def test_the_order_of_the_memory_changes_nothing():
    scored, random = drawn(1, ("a", "b", "c"))
    weights = random.integers(0, 3, (5, len(scored))).astype(float)
    for name, values in figures.values(scored, weights).items():
        assert values == pytest.approx(figures.values(scored, np.asfortranarray(weights), [name])[name], rel=1e-12)


def test_one_figure_alone_is_that_of_all():
    scored, _ = drawn(2, ("1", "2", "3"))
    everything = figures.point(scored)
    assert set(everything) == set(figures.describe(scored))
    for name, value in everything.items():
        assert figures.point(scored, [name]) == {name: value}


def test_an_unknown_figure_is_named_with_the_known_ones():
    scored, _ = drawn(0, ("a", "b"))
    with pytest.raises(MammoError, match=r"figure auc_c: expected one of .*auc_a, auc_b"):
        figures.point(scored, ["auc_c", "accuracy"])


def test_a_class_that_is_absent_or_alone_leaves_its_figures_undefined():
    absent = figures.point(of([0, 0, 1], [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1]], "abc"))
    undefined = {name for name, value in absent.items() if np.isnan(value)}
    assert undefined == {
        *("macro_auc", "auc_c", "macro_auprc", "auprc_c", "pf1_c", "balanced_accuracy"),
        *("sensitivity_c", "precision_c", "f1_c", "macro_precision", "macro_sensitivity", "macro_f1"),
    }
    assert absent["specificity_c"] == 1
    alone = figures.point(of([0, 0], [[0.8, 0.2], [0.4, 0.6]], "ab"))
    assert np.isnan([alone["auc_a"], alone["auc_b"], alone["specificity_a"], alone["auprc_b"]]).all()
    assert alone["auprc_a"] == 1  # every threshold finds nothing but this class
    assert alone["sensitivity_a"] == alone["specificity_b"] == 0.5


@pytest.mark.filterwarnings("error")
def test_replicates_without_rows_are_undefined_and_warn_nobody():
    scored, _ = drawn(3, ("1", "2", "3"))
    for name, values in figures.values(scored, np.zeros((2, len(scored)))).items():
        assert np.isnan(values).all(), name


@pytest.mark.parametrize(
    ("classes", "ordered"),
    [
        (("1", "2", "3", "4", "5"), True),
        (("A", "B", "C", "D"), True),
        (("0", "1", "2"), False),  # BI-RADS 0 is no lower than 1
        (("045", "1", "23"), False),
        (("benign", "malignant"), False),
    ],
)
def test_only_ordered_classes_have_a_quadratic_kappa(classes, ordered):
    assert ("quadratic_kappa" in figures.describe(drawn(0, classes)[0])) is ordered


def test_calibration_error_by_hand():
    """0.9 and 0.7 lie in bins of their own: two rows of 0.9, one right; two of 0.7, both right."""
    scored = of([0, 1, 0, 0], [[0.9, 0.1], [0.9, 0.1], [0.7, 0.3], [0.7, 0.3]], "ab")
    assert figures.point(scored, ["ece"])["ece"] == pytest.approx((abs(1.8 - 1) + abs(1.4 - 2)) / 4)


def test_calibration_error_by_its_formula_on_many_rows():
    scored, _ = drawn(5, ("a", "b", "c"), 500, 6)
    confidence, right = scored.probabilities.max(1), scored.called == scored.labels
    edges = np.linspace(0, 1, 16)
    expected = sum(
        abs(confidence[inside].sum() - right[inside].sum()) / 503
        for low, high in itertools.pairwise(edges)
        if (inside := (confidence > low) & (confidence <= high)).any()
    )
    assert figures.point(scored, ["ece"])["ece"] == pytest.approx(expected, abs=1e-12)


def test_probabilistic_f1_is_that_of_the_rsna_challenge():
    """Its three lines: precision and recall of probabilities instead of calls."""
    labels, p = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.4, 0.3, 0.2, 0.0])
    found, false = p[labels == 1].sum(), p[labels == 0].sum()
    precision, recall = found / (found + false), found / labels.sum()
    scored = of(labels, np.c_[1 - p, p], ["negative", "cancer"])
    assert figures.point(scored, ["pf1_cancer"])["pf1_cancer"] == pytest.approx(
        2 * precision * recall / (precision + recall)
    )


def test_a_hard_call_has_the_f1_of_counts():
    scored = of([0, 0, 0, 1, 1], np.eye(2)[[0, 1, 0, 1, 0]], "ab")
    found = figures.point(scored)
    assert found["pf1_b"] == pytest.approx(found["f1_b"])


def test_perfectly_wrong_scores_have_the_area_0_and_constant_ones_a_half():
    assert figures.point(of([0, 0, 1], [[0.1, 0.9], [0.2, 0.8], [0.9, 0.1]], "ab"), ["macro_auc"])["macro_auc"] == 0
    flat = figures.point(of([0, 0, 1, 1, 1], np.full((5, 2), 0.5), "ab"))
    assert flat["auc_a"] == flat["auc_b"] == 0.5
    assert flat["auprc_b"] == pytest.approx(0.6)  # the prevalence


def test_a_probability_on_an_edge_belongs_to_the_bin_below():
    assert bins(np.array([0.0, 1 / 15, 0.07, 2 / 15, 0.5, 1.0])).tolist() == [0, 0, 1, 1, 7, 14]


def test_folds_rank_their_own_rows_only():
    scored, random = drawn(5, ("a", "b", "c"), n=90, decimals=2)
    folds = random.integers(0, 3, len(scored))
    pooled = replace(scored, columns={"fold": tuple(f"fold-{fold}" for fold in folds)})
    found = figures.point(pooled)
    for k, name in enumerate(scored.class_names):
        score, truth = scored.probabilities[:, k], scored.labels == k
        pairs = [
            float(score[i] > score[j]) + (score[i] == score[j]) / 2
            for i, j in itertools.product(np.flatnonzero(truth), np.flatnonzero(~truth))
            if folds[i] == folds[j]
        ]
        assert found[f"auc_{name}"] == pytest.approx(np.mean(pairs))
        precision = [
            (truth & here & (score >= score[i])).sum() / (here & (score >= score[i])).sum()
            for i in np.flatnonzero(truth)
            for here in [folds == folds[i]]
        ]
        assert found[f"auprc_{name}"] == pytest.approx(np.mean(precision))
    assert found["accuracy"] == figures.point(scored)["accuracy"]


def test_a_fold_may_shift_all_of_its_scores():
    scored, random = drawn(6, ("a", "b"), n=60, decimals=3)
    folds = random.integers(0, 2, len(scored))
    score = np.where(folds == 1, scored.probabilities[:, 1] / 10, scored.probabilities[:, 1])
    columns = {"fold": tuple(map(str, folds))}
    shifted = replace(scored, probabilities=np.stack([1 - score, score], axis=1), columns=columns)
    same = figures.point(replace(scored, columns=columns), ["auc_a", "auc_b", "auprc_b"])
    assert figures.point(shifted, ["auc_a", "auc_b", "auprc_b"]) == pytest.approx(same)
