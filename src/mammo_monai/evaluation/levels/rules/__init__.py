"""How the views of a breast, exam or patient become one; one module per rule, found by listing this folder.

A rule has ``pool(views)``: (V, C) probabilities, classes from the least to the most suspicious, to (C,). Rows sum to
1, and so does the result, without scaling. The order of the views does not matter, and one view is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mammo_monai import listing

FloatArray = npt.NDArray[np.float64]
Rule = Callable[[FloatArray], FloatArray]


def names() -> list[str]:
    """The rules there are."""
    return listing.names(__name__)


def load(name: str) -> Rule:
    """A rule by its name.

    Raises:
        MammoError: no such rule.
    """
    rule: Rule = listing.load(__name__, name, f"no rule {name!r} to pool views; choose one of", "unknown-rule").pool
    return rule
