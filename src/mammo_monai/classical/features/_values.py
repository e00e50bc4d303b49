"""Grey values of patches made comparable, and numbers that describe a distribution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mammo_monai.classical.features import Plane


def stretched(patch: Plane) -> Plane:
    """0 to 1 between the first and the last percentile: texture without brightness and contrast of the film."""
    low, high = np.percentile(patch, (1, 99))
    return np.asarray(np.clip((patch - low) / max(high - low, 1e-6), 0, 1), np.float32)


def levels(patch: Plane, count: int) -> npt.NDArray[np.uint8]:
    """:func:`stretched` in whole numbers below ``count``."""
    return np.asarray(np.minimum(stretched(patch) * count, count - 1), np.uint8)


def spread(values: npt.NDArray[np.floating], percentiles: Sequence[int]) -> dict[str, float]:
    """Mean, standard deviation and percentiles."""
    marks = np.percentile(values, percentiles)
    named = {f"p{p}": float(mark) for p, mark in zip(percentiles, marks, strict=True)}
    return {"mean": float(values.mean()), "sd": float(values.std()), **named}


def shape(values: npt.NDArray[np.floating]) -> dict[str, float]:
    """Skewness and excess kurtosis; 0 for a constant."""
    centred = values - values.mean()
    sd = float(centred.std())
    if sd < 1e-6:
        return {"skewness": 0.0, "kurtosis": 0.0}
    unit = centred / sd
    squared = unit * unit  # a power of floats takes ten times as long
    return {"skewness": float((squared * unit).mean()), "kurtosis": float((squared * squared).mean() - 3)}
