"""Where patches are cut; one module per policy of ``--policy``, found by listing this folder.

A policy has ``OPTIONS`` and one of two functions, both drawing with a generator of the image's own, so that a patch
does not depend on other images:

* ``of_finding(region, image, rng, **options)``: the patches of one finding, each with the codes of its outcomes.
* ``of_image(scene, rng, **options)``: windows of one image that show no finding, as many as are asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from mammo_monai import listing
from mammo_monai.datasets.patches.boxes import Box, Size
from mammo_monai.datasets.patches.scenes import Scene
from mammo_monai.errors import MammoError

Numbers = Mapping[str, "int | float | None"]


@dataclass(frozen=True, slots=True)
class Option:
    """A number a policy takes: a whole one where ``low`` is."""

    default: int | float | None
    low: int | float
    high: int | float

    def read(self, name: str, text: str) -> int | float:
        """The number in ``text``.

        Raises:
            MammoError: it is none, or out of range.
        """
        kind = type(self.low)
        try:
            number = kind(text)
        except ValueError:
            number = None
        if number is None or not self.low <= number <= self.high:
            what = "a whole number" if kind is int else "a number"
            raise MammoError(f"--{name} {text}: expected {what} from {self.low} to {self.high}", "usage")
        return number


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy with its options."""

    name: str
    options: Numbers
    module: Any
    seed: int

    @property
    def of_findings(self) -> bool:
        """Whether it cuts findings, not windows without any."""
        return hasattr(self.module, "of_finding")

    def generator(self, scene: Scene, purpose: str = "") -> np.random.Generator:
        """Random numbers of this policy, image and purpose alone."""
        text = f"{self.name} {purpose} {scene.item['dataset']} {scene.record.image}"
        return np.random.default_rng([self.seed, *sha256(text.encode()).digest()])

    def of_finding(self, region: Box, image: Size | None, rng: np.random.Generator) -> list[tuple[Box, list[str]]]:
        """The patches of one finding and the codes of each."""
        return list(self.module.of_finding(region, image, rng, **self.options))

    def of_image(self, scene: Scene) -> Iterator[Box]:
        """Windows without a finding."""
        windows: Iterator[Box] = self.module.of_image(scene, self.generator(scene), **self.options)
        return windows


def names() -> list[str]:
    """The policies there are."""
    return listing.names(__name__)


def load(chosen: Sequence[str], options: Mapping[str, str], seed: int) -> list[Policy]:
    """The policies with their options; an option goes to every chosen policy that has it.

    Raises:
        MammoError: no such policy or option, or a number out of range.
    """
    unknown = [name for name in chosen if name not in names()]
    if unknown or not chosen or len(set(chosen)) < len(chosen):
        raise MammoError(f"--policy {','.join(chosen)}: expected some of {', '.join(names())}, each once", "usage")
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in chosen}
    own = {option for module in modules.values() for option in module.OPTIONS}
    if stray := sorted(set(options) - own):
        raise MammoError(f"--{stray[0]}: --policy {','.join(chosen)} takes {', '.join(sorted(own))}", "usage")
    return [Policy(name, _numbers(module.OPTIONS, options), module, seed) for name, module in modules.items()]


def _numbers(own: Mapping[str, Option], given: Mapping[str, str]) -> Numbers:
    return {name: option.read(name, given[name]) if name in given else option.default for name, option in own.items()}
