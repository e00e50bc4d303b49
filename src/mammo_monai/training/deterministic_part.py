"""The transforms at the head of a chain that give the same result each time, and what tells two such heads apart."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from monai.transforms.traits import RandomizableTrait

import mammo_monai
from mammo_monai.errors import MammoError
from mammo_monai.training.fingerprint import fingerprint

PIXEL_LIBRARIES = ("monai", "numpy", "opencv-python-headless", "imagecodecs", "pydicom", "pillow")


def deterministic_part(transforms: Sequence[Any], last: str) -> list[Any]:
    """The transforms up to and with the one of class ``last``.

    Raises:
        MammoError: reason ``cache-boundary`` when there is not exactly one transform of that name or a random one
            stands before it.
    """
    names = [type(transform).__name__ for transform in transforms]
    if names.count(last) != 1:
        raise MammoError(
            f"cache_through={last!r}: expected the class name of exactly one transform, one of {', '.join(names)}",
            reason="cache-boundary",
        )
    part = list(transforms[: names.index(last) + 1])
    for transform in part:
        if isinstance(transform, RandomizableTrait):
            raise MammoError(
                f"cache_through={last!r}: {type(transform).__name__} before it is random and would be frozen in the "
                "cache; put it after, or name an earlier transform",
                reason="cache-boundary",
            )
    return part


def steps(transforms: Sequence[Any]) -> list[list[str]]:
    """What the transforms do: class name and fingerprint of the parameters of each, the same on every machine.

    Raises:
        MammoError: reason ``not-cacheable`` when a parameter has no stable text (a lambda).
    """
    return [[type(transform).__name__, fingerprint(transform)] for transform in transforms]


def sources(transforms: Sequence[Any]) -> str:
    """SHA-256 of the code that makes the pixels: this package's reading and transforms, the files that define
    ``transforms`` and the versions of the libraries below, so that an upgrade or an edit is another text.
    """
    digest = hashlib.sha256(_own_sources().encode())
    for transform in transforms:
        path = inspect.getsourcefile(type(transform))
        digest.update(Path(path).read_bytes() if path else b"-")
    return digest.hexdigest()


@cache
def _own_sources() -> str:
    digest = hashlib.sha256(json.dumps([version(name) for name in PIXEL_LIBRARIES]).encode())
    package = Path(mammo_monai.__file__).parent
    for folder in ("dicom", "transforms"):
        for path in sorted((package / folder).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
