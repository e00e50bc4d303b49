"""The deterministic transforms of a bundle, read from its own config."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from monai.transforms.compose import Compose

from mammo_monai.bundle_config import read_config
from mammo_monai.training.deterministic_part import deterministic_part, sources, steps

PREPROCESSING, BOUNDARY = "validate#preprocessing", "validate#dataset#cache_through"
"""Ids every bundle has: the chain without augmentation, and the name of its last deterministic transform."""


@dataclass(frozen=True)
class Chain:
    """Transforms and what tells them from others.

    Attributes:
        transform: one item to the item with the prepared image.
        steps: see :func:`mammo_monai.training.deterministic_part.steps`.
        sources: see :func:`mammo_monai.training.deterministic_part.sources`.
    """

    transform: Compose
    steps: list[list[str]]
    sources: str


def read_chain(bundle: Path, options: Mapping[str, Any]) -> Chain:
    """The chain of a bundle's ``configs/train.json`` up to where its data set ends the cache.

    Args:
        bundle: the bundle's folder.
        options: ids of the config that are set anew, such as {"spatial_size": [1024, 832]}.

    Raises:
        MammoError: no such bundle, an option that is no id of its config, or a chain that cannot be made.
    """
    parser = read_config(bundle, "train", options)
    transforms = parser.get_parsed_content(PREPROCESSING).flatten().transforms
    part = deterministic_part(transforms, parser[BOUNDARY])
    return Chain(Compose(part), steps(part), sources(part))


@lru_cache(maxsize=1)
def chain_of(bundle: str, options: str) -> Chain:
    """The same from texts (``options`` as JSON), made once per process: what a worker can be sent."""
    return read_chain(Path(bundle), json.loads(options))
