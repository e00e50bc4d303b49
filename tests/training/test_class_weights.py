from __future__ import annotations

import logging

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from mammo_monai.errors import MammoError
from mammo_monai.training.class_weights import class_weights


def test_balanced_is_scikit_learns():
    labels = [0] * 7 + [1] * 2 + [2] * 3
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert class_weights("balanced", [7, 2, 3]).tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize(
    "printed",
    [[0.250, 2.877, 4.116, 5.031, 4.735], [0.907, 1.113]],
    ids=["patches of Kim 2020", "films of the divide and conquer study"],
)
def test_balanced_gives_the_weights_that_the_papers_print(printed, caplog):
    """w = N / (C n) makes n / N = 1 / (C w): shares that fill the whole, and of which the weights come back."""
    shares = [1 / (len(printed) * weight) for weight in printed]
    assert sum(shares) == pytest.approx(1, abs=6e-4)  # three decimals of each weight
    minor = [round(1e6 * share) for share in shares[1:]]
    with caplog.at_level(logging.INFO, "mammo_monai"):
        found = class_weights("balanced", [10**6 - sum(minor), *minor])
    assert found.tolist() == pytest.approx(printed, abs=1e-3)
    assert ", ".join(f"{weight:.3f}" for weight in found) in caplog.text


def test_none_and_given():
    assert class_weights("none", [1, 2]) is None
    assert class_weights([1, 1.5], [1, 2]).tolist() == [1.0, 1.5]


@pytest.mark.parametrize("setting", ["balance", [1.0], [1.0, 2.0, 3.0]])
def test_anything_else_says_what_is_expected(setting):
    with pytest.raises(MammoError, match="none, balanced or 2 numbers"):
        class_weights(setting, [1, 2])
