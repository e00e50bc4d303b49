"""Noisy-or: the whole is as suspicious as its most suspicious view, the views being independent.

For two classes 1 - prod(1 - p_v) (Pearl 1988, Probabilistic Reasoning in Intelligent Systems, section 4.3.2). For more,
P(class k or less) = prod over views of P_v(class k or less), which is a distribution by construction. The two views of
a breast are not independent: the result is more certain than it should be.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def pool(views: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """See :mod:`mammo_monai.evaluation.levels.rules`."""
    up_to = views.cumsum(1).prod(0)  # P(class k or less suspicious)
    return np.diff(up_to, prepend=0.0)
