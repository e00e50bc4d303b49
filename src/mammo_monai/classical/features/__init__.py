"""Features of a patch; one module per family, found by listing this folder.

A family has ``features(patch)``: from a float32 plane (rows, columns) in stored values, larger brighter, to numbers by
name. The names do not depend on the patch; the numbers of another scale of values may differ, those of another size of
patch should not.
"""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType

import numpy as np
import numpy.typing as npt

from mammo_monai import listing
from mammo_monai.errors import MammoError

Plane = npt.NDArray[np.float32]


def names() -> list[str]:
    """The families there are."""
    return listing.names(__name__)


@cache
def load(name: str) -> ModuleType:
    """One family."""
    return importlib.import_module(f"{__name__}.{name}")


def extract(patch: Plane) -> dict[str, float]:
    """The features of every family, as ``family.name``.

    Raises:
        MammoError: reason ``bad-patch``, for what is no plane of at least 16 x 16 finite pixels.
    """
    if patch.ndim != 2 or min(patch.shape) < 16 or not np.isfinite(patch).all():
        raise MammoError(
            f"patch of shape {patch.shape}: expected a plane of at least 16 x 16 finite pixels; choose a larger "
            "--spatial_size",
            "bad-patch",
        )
    return {f"{family}.{name}": float(x) for family in names() for name, x in load(family).features(patch).items()}
