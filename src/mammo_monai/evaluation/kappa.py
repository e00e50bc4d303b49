"""Agreement beyond chance: Cohen's kappa, plain or weighted, and Fleiss', as one function of the cases' weights.

Cohen, Educ Psychol Meas 20 (1960) 37; weighted: Psychol Bull 70 (1968) 213; Fleiss, Psychol Bull 76 (1971) 378. All of
them are 1 less the disagreement found over the one that chance makes of how often either side says what.
"""

from __future__ import annotations

import numpy as np

from mammo_monai.evaluation.figures import ratio
from mammo_monai.evaluation.scored import FloatArray


def of_two(weights: FloatArray, first: FloatArray, second: FloatArray, distance: FloatArray) -> FloatArray:
    """Cohen's kappa of two readers.

    Args:
        weights: (B, N), how often each of N cases counts.
        first: (N, L), 1 where the first reader says the label.
        second: (N, L) of the second one.
        distance: (L, L), what it is worth that they say these two; 0 on the diagonal.

    Returns:
        (B,), NaN where chance alone would agree always.
    """
    return _beyond_chance(weights, first, second, ((first @ distance) * second).sum(1), distance)


def of_many(weights: FloatArray, said: FloatArray) -> FloatArray:
    """Fleiss' kappa of several readings of each case, as many of all.

    Args:
        weights: (B, N), how often each of N cases counts.
        said: (N, L), readings with the label.

    Returns:
        (B,), NaN where chance alone would agree always.
    """
    readings = said[:1].sum()
    share = said / readings
    apart = (1 - (share**2).sum(1)) * readings / (readings - 1)
    return _beyond_chance(weights, share, share, apart, 1 - np.eye(said.shape[1]))


def _beyond_chance(
    weights: FloatArray, first: FloatArray, second: FloatArray, apart: FloatArray, distance: FloatArray
) -> FloatArray:
    total = weights.sum(1)
    expected = ((weights @ first @ distance) * (weights @ second)).sum(1)
    return 1 - ratio((weights @ apart) * total, expected)
