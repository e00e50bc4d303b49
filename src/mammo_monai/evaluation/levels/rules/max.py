"""The maximum: of each degree of suspicion, the probability in the view that shows most of it.

For two classes max(p_v), the usual rule. For more, P(class k or worse) = max over views of P_v(class k or worse), so
that the result is a distribution by construction. A maximum per class followed by scaling would make a certain "normal"
in one view lower the probability of cancer that another view shows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def pool(views: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """See :mod:`mammo_monai.evaluation.levels.rules`."""
    up_to = views.cumsum(1).min(0)  # P(class k or less suspicious)
    return np.diff(up_to, prepend=0.0)
