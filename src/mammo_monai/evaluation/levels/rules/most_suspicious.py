"""The most suspicious view speaks for the whole, with its own distribution.

It is the view with the highest probability of the most suspicious class; where several have the same, of the two most
suspicious classes together, and so on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def pool(views: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """See :mod:`mammo_monai.evaluation.levels.rules`."""
    worst: npt.NDArray[np.float64] = views[np.lexsort(views.T)[-1]]  # the last key of lexsort, the worst class, leads
    return worst
