"""Packages whose modules are found by listing their folder: a new adapter, rule or figure is a new file and no more."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from mammo_monai.errors import MammoError


def names(package: str) -> list[str]:
    """The modules of a package, but for those whose name begins with an underscore: what modules there share."""
    folder = importlib.import_module(package).__path__
    return sorted(module.name for module in pkgutil.iter_modules(folder) if not module.name.startswith("_"))


def load(package: str, name: str, refusal: str, reason: str) -> Any:
    """One module of a package.

    Args:
        package: its ``__name__``.
        name: of the module.
        refusal: the error's line up to the names that there are: "no rule 'x'; choose one of".
        reason: code of the error.

    Raises:
        MammoError: there is none of this name.
    """
    if name not in (known := names(package)):
        raise MammoError(f"{refusal} {', '.join(known)}", reason)
    return importlib.import_module(f"{package}.{name}")
