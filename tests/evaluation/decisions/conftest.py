"""Weights that are bytes, and a validation part that is too sure of itself."""

from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.evaluation.scored import of

CLASSES = ("045", "1", "23")


@pytest.fixture
def weights(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"weights")
    return tmp_path / "model.pt"


@pytest.fixture
def validation():
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 300)
    logits = 3 * np.eye(3)[labels] + 3 * random.normal(size=(300, 3))
    return of(labels, np.exp(logits) / np.exp(logits).sum(1, keepdims=True), CLASSES)
