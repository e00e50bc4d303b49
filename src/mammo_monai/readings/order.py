"""Labels with an order, and how far apart two of them are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mammo_monai.evaluation.scored import FloatArray

ORDER: Mapping[str, Mapping[str, int]] = {
    "birads": {"1": 1, "2": 2, "3": 3, "4": 4, "4A": 4, "4B": 4, "4C": 4, "5": 5},
    "density": {"A": 1, "B": 2, "C": 3, "D": 4},
}
"""Places of ordered labels. BI-RADS 0 (incomplete) and 6 (proven) have none: weighted kappa goes without them."""


def squares(places: Sequence[int]) -> FloatArray:
    """(L, L) squared distances of L places, the weights of quadratic kappa."""
    return np.subtract.outer(places, places).astype(np.float64) ** 2
