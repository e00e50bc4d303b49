"""The sections of a report, one per module of this folder, in the order of their ``ORDER``; a new one is a new file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

from mammo_monai.reporting.blocks import Picture
from mammo_monai.reporting.blocks import Section as Made
from mammo_monai.reporting.context import Context


class Section(Protocol):
    """What a module in this folder provides."""

    ORDER: int
    """Place on the page, from the lowest."""

    section: Callable[[Context, Path], Made | None]
    """The section of an evaluation, which may write pictures into the folder; None where there is nothing to say."""


def modules() -> dict[str, Section]:
    """The modules by name, in the order of the page."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    found = {name: cast(Section, importlib.import_module(f"{__name__}.{name}")) for name in names}
    return dict(sorted(found.items(), key=lambda entry: entry[1].ORDER))


def drawn(out: Path, name: str, caption: str, columns: int = 1) -> list[Picture]:
    """A picture of the evaluation, where it was drawn."""
    return [Picture(f"{name}.png", caption, columns)] if (out / f"{name}.png").is_file() else []
