"""Models of features; one module per name of ``--model``, found by listing this folder.

A model has ``make(seed)``, a scikit-learn classifier with probabilities, and ``GRID``, its parameters to choose from.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from mammo_monai.errors import MammoError


class Model(Protocol):
    """What a module in this folder provides."""

    GRID: Mapping[str, Sequence[Any]]

    def make(self, seed: int) -> Any:
        """An unfitted classifier."""
        ...


def names() -> list[str]:
    """The models there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Model:
    """One model.

    Raises:
        MammoError: no such model.
    """
    if name not in names():
        raise MammoError(f"--model {name}: expected one of {', '.join(names())}", "usage")
    return cast(Model, importlib.import_module(f"{__name__}.{name}"))
