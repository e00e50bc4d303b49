"""The mean of the views: every view says the same amount about the whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def pool(views: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """See :mod:`mammo_monai.evaluation.levels.rules`."""
    mean: npt.NDArray[np.float64] = views.mean(0)
    return mean
