"""Predictions to draw."""

from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.evaluation import scored

NAMES = ("normal", "benign calcification", "benign mass", "malignant calcification", "malignant mass")


@pytest.fixture
def five() -> scored.Scored:
    """300 rows of five classes with long names; no benign mass."""
    random = np.random.default_rng(0)
    labels = random.choice(5, 300, p=[0.6, 0.2, 0, 0.15, 0.05])
    scores = np.exp(random.normal(size=(300, 5)) + 1.5 * np.eye(5)[labels])
    return scored.of(labels, scores / scores.sum(1, keepdims=True), NAMES)


@pytest.fixture
def four_rows() -> scored.Scored:
    """Of the two malignant rows one is called so; of the benign ones one is as high as a malignant one."""
    high = np.array([0.9, 0.4, 0.4, 0.1])
    return scored.of([1, 1, 0, 0], np.stack([1 - high, high], 1), ["benign", "malignant"])


@pytest.fixture
def one_class() -> scored.Scored:
    """Malignant rows alone."""
    return scored.of([1, 1, 1], [[0.2, 0.8], [0.6, 0.4], [0.1, 0.9]], ["benign", "malignant"])
