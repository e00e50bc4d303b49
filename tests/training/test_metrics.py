from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from ignite.engine import Engine

from mammo_monai.errors import MammoError
from mammo_monai.training.metrics import (
    Accuracy,
    ClassFigures,
    EpochLoss,
    EpochMetric,
    MacroAUC,
)


def over_batches(metric: EpochMetric, logits: torch.Tensor, labels: torch.Tensor, batch_size: int) -> dict[str, float]:
    batches = list(zip(logits.split(batch_size), labels.split(batch_size), strict=True))
    engine = Engine(lambda _, batch: {"pred": batch[0], "label": batch[1]})
    metric.attach(engine, "metric")
    return dict(engine.run(batches).metrics)


def pairwise_auc(scores: np.ndarray, positive: np.ndarray) -> float:
    """The area as a probability: a random positive outscores a random negative, ties count half (Hanley and McNeil
    1982).
    """
    difference = scores[positive][:, None] - scores[~positive][None]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


@given(st.integers(1, 20), st.integers(0, 10_000))
def test_macro_auc_is_that_of_the_epoch_whatever_the_batch_size(batch_size, seed):
    generator = np.random.default_rng(seed)
    labels = np.r_[0, 1, 2, generator.integers(0, 3, 14)]
    logits = generator.normal(size=(17, 3)).round(1)
    probabilities = torch.tensor(logits).float().softmax(1).numpy()  # rounding to float32 decides which scores tie
    expected = np.mean([pairwise_auc(probabilities[:, k], labels == k) for k in range(3)])
    got = over_batches(MacroAUC(), torch.tensor(logits), torch.tensor(labels), batch_size)
    assert got["metric"] == pytest.approx(expected, abs=1e-6)


def test_auc_per_class_is_named_and_undefined_where_a_class_is_absent():
    logits, labels = torch.tensor([[2.0, 1, 0], [0, 1, 0]]), torch.tensor([0, 1])
    got = over_batches(ClassFigures(["045", "1", "23"]), logits, labels, 1)
    assert got["auc_045"] == 1.0
    assert np.isnan(got["auc_23"])


def test_weighted_loss_is_not_a_mean_of_batch_losses():
    logits, labels = torch.tensor([[0.0, 0], [2, 0], [0, 1]]), torch.tensor([0, 1, 1])
    weight = torch.tensor([1.0, 3.0])
    log_p = torch.tensor([-np.log(2), -np.log1p(np.exp(2)), -np.log1p(np.exp(-1))])
    expected = float(-(log_p * torch.tensor([1.0, 3, 3])).sum() / 7)
    got = over_batches(EpochLoss(torch.nn.CrossEntropyLoss(weight)), logits, labels, 2)
    assert got["metric"] == pytest.approx(expected, rel=1e-6)


def test_accuracy():
    assert over_batches(Accuracy(), torch.eye(3), torch.tensor([0, 1, 1]), 2)["metric"] == pytest.approx(2 / 3)


def test_outputs_that_are_not_finite_are_an_error_with_a_remedy():
    with pytest.raises(MammoError, match="learning_rate"):
        over_batches(MacroAUC(), torch.tensor([[np.nan, 0, 0]]), torch.tensor([0]), 1)


@given(st.integers(1, 12), st.integers(0, 10_000), st.sampled_from(["benign", "malignant"]))
def test_positive_class_counts_the_epoch(batch_size, seed, positive):
    generator = np.random.default_rng(seed)
    labels = np.r_[0, 1, generator.integers(0, 2, 20)]
    logits = np.r_[[[1.0, 0], [0, 1]], generator.normal(size=(20, 2))]
    index = ["benign", "malignant"].index(positive)
    called, true = logits.argmax(1) == index, labels == index
    hits, wrong, missed = (called & true).sum(), (called & ~true).sum(), (~called & true).sum()
    metric = ClassFigures(["benign", "malignant"], positive)
    got = over_batches(metric, torch.tensor(logits), torch.tensor(labels), batch_size)
    assert got["precision"] == pytest.approx(hits / (hits + wrong))
    assert got["sensitivity"] == pytest.approx(hits / (hits + missed))
    assert got["f1"] == pytest.approx(hits / (hits + (wrong + missed) / 2))
    margin = logits[:, index] - logits[:, 1 - index]
    assert got["auc"] == pytest.approx(pairwise_auc(margin, true), abs=1e-6)
    for name in ("precision", "sensitivity", "f1", "auc"):  # the same under the class's name
        assert got[name] == got[f"{name}_{positive}"]
    assert "auc" not in over_batches(ClassFigures(["benign", "malignant"]), *map(torch.tensor, (logits, labels)), 5)


def test_the_positive_class_must_be_one_of_the_classes():
    with pytest.raises(MammoError, match=r"'cancer'.*benign, malignant"):
        ClassFigures(["benign", "malignant"], "cancer")


def test_precision_is_undefined_while_a_network_never_calls_the_class():
    metric = ClassFigures(["benign", "malignant"], "malignant")
    got = over_batches(metric, torch.tensor([[1.0, 0], [2, 0]]), torch.tensor([0, 1]), 1)
    assert np.isnan(got["precision"])
    assert (got["sensitivity"], got["f1"], got["auc"]) == (0, 0, 0)


def test_figures_of_every_class_and_their_means():
    # Truth 0: called 0, 0, 1; truth 1: called 1; truth 2: called 2, 0.
    labels, called = torch.tensor([0, 0, 0, 1, 2, 2]), torch.tensor([0, 0, 1, 1, 2, 0])
    got = over_batches(ClassFigures(["n", "b", "m"]), torch.eye(3)[called], labels, 4)
    precision, recall = {"n": 2 / 3, "b": 1 / 2, "m": 1}, {"n": 2 / 3, "b": 1, "m": 1 / 2}
    for name in "nbm":
        p, r = precision[name], recall[name]
        assert got[f"precision_{name}"] == pytest.approx(p)
        assert got[f"sensitivity_{name}"] == pytest.approx(r)
        assert got[f"f1_{name}"] == pytest.approx(2 * p * r / (p + r))
    assert got["macro_precision"] == pytest.approx(sum(precision.values()) / 3)
    assert got["weighted_sensitivity"] == pytest.approx(4 / 6)
    assert got["weighted_precision"] == pytest.approx((3 * 2 / 3 + 1 / 2 + 2) / 6)
