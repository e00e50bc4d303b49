"""Models of features; one module per name of ``--model``, found by listing this folder.

A model has ``make(seed)``, a scikit-learn classifier with probabilities, and ``GRID``, its parameters to choose from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mammo_monai import listing


class Model(Protocol):
    """What a module in this folder provides."""

    GRID: Mapping[str, Sequence[Any]]

    def make(self, seed: int) -> Any:
        """An unfitted classifier."""
        ...


def names() -> list[str]:
    """The models there are."""
    return listing.names(__name__)


def load(name: str) -> Model:
    """One model.

    Raises:
        MammoError: no such model.
    """
    model: Model = listing.load(__name__, name, f"--model {name}: expected one of", "usage")
    return model
