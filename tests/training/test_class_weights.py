from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from mammo_monai.errors import MammoError
from mammo_monai.training.class_weights import class_weights


def test_balanced_is_scikit_learns():
    labels = [0] * 7 + [1] * 2 + [2] * 3
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert class_weights("balanced", [7, 2, 3]).tolist() == pytest.approx(expected.tolist())


def test_none_and_given():
    assert class_weights("none", [1, 2]) is None
    assert class_weights([1, 1.5], [1, 2]).tolist() == [1.0, 1.5]


@pytest.mark.parametrize("setting", ["balance", [1.0], [1.0, 2.0, 3.0]])
def test_anything_else_says_what_is_expected(setting):
    with pytest.raises(MammoError, match="none, balanced or 2 numbers"):
        class_weights(setting, [1, 2])
