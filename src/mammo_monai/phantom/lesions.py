"""Masses and calcifications whose form decides the BI-RADS category, as ACR's lexicon describes them.

| BI-RADS | finding |
|---|---|
| 1 | none |
| 2 | round smooth mass with coarse round calcifications (a calcified fibroadenoma) |
| 3 | round or oval smooth mass |
| 4 | irregular dense mass with short spicules, or a cluster of fine pleomorphic calcifications |
| 5 | spiculated dense mass with fine pleomorphic calcifications, and a dense node in the axilla on MLO |

A stamp is a square float32 patch of added brightness, exactly 0 outside the lesion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mammo_monai.phantom.breast import Plane, smoothstep

Stamp = Callable[[np.random.Generator, float], Plane]


@dataclass(frozen=True, slots=True)
class Lesion:
    """What is drawn and what a reader would write down.

    Attributes:
        categories: VinDr-Mammo's finding categories.
        stamp: ``stamp(rng, radius in pixels)`` draws it.
        radius: of the lesion's body, as a fraction of the image height.
    """

    categories: tuple[str, ...]
    stamp: Stamp
    radius: float


def choose(birads: int, rng: np.random.Generator) -> Lesion | None:
    """The lesion of a breast of this category; None for BI-RADS 1."""
    options = _BY_BIRADS[birads]
    if not options:
        return None
    categories, stamp = options[rng.integers(len(options))]
    return Lesion(categories, stamp, radius=rng.uniform(0.042, 0.060))


def apart(lesion: Lesion) -> tuple[Lesion, ...]:
    """A mass with calcifications as two lesions, one of each kind; any other as it is.

    VinDr-Mammo marks both in one box; CBIS-DDSM lists masses and calcifications, each with a mask of its own.
    """
    return tuple(Lesion(names, stamp, lesion.radius) for names, stamp in _APART.get(lesion.stamp, ())) or (lesion,)


def smooth_mass(rng: np.random.Generator, radius: float) -> Plane:
    """Round or oval, circumscribed, of low contrast."""
    rho, theta = _polar(radius, reach=1.3)
    edge = 1 + 0.12 * np.cos(2 * theta + rng.uniform(0, 2 * np.pi))
    dome = 0.20 - 0.05 * smoothstep(rho)
    return dome * smoothstep((edge - rho) / 0.24)


def calcified_mass(rng: np.random.Generator, radius: float) -> Plane:
    """A smooth mass with a few coarse round calcifications."""
    return _strew(smooth_mass(rng, radius), rng, radius)


def coarse_cluster(rng: np.random.Generator, radius: float) -> Plane:
    """The coarse round calcifications alone, on a faint haze."""
    rho, _ = _polar(radius, reach=1.3)
    return _strew(0.05 * smoothstep((1 - rho) / 0.5), rng, radius)


def irregular_mass(rng: np.random.Generator, radius: float) -> Plane:
    """Irregular, indistinct, dense, with short spicules."""
    return _stellate(rng, radius, spicules=int(rng.integers(9, 14)), longest=1.9)


def pleomorphic_cluster(rng: np.random.Generator, radius: float) -> Plane:
    """Many fine rods and grains of differing form, close together on a faint haze."""
    rho, _ = _polar(radius, reach=1.5)
    return _sprinkle(0.10 * smoothstep((1.2 - rho) / 0.8), rng, radius, grains=42)


def spiculated_mass(rng: np.random.Generator, radius: float) -> Plane:
    """Irregular dense body with long spicules and fine pleomorphic calcifications."""
    return _sprinkle(stellate_mass(rng, radius), rng, radius, grains=22)


def stellate_mass(rng: np.random.Generator, radius: float) -> Plane:
    """The body and spicules alone."""
    return _stellate(rng, radius, spicules=int(rng.integers(16, 24)), longest=2.6)


def dense_node(rng: np.random.Generator, radius: float) -> Plane:
    """Oval, dense, without a fatty centre."""
    rho, theta = _polar(radius, reach=1.3)
    return 0.22 * smoothstep((1 - 0.25 * np.cos(theta - rng.uniform(0, np.pi)) ** 2 - rho) / 0.3)


AXILLARY_NODE = Lesion(("Suspicious Lymph Node",), dense_node, 0.034)

_BY_BIRADS: dict[int, tuple[tuple[tuple[str, ...], Stamp], ...]] = {
    1: (),
    2: ((("Mass",), calcified_mass),),
    3: ((("Mass",), smooth_mass),),
    4: ((("Mass",), irregular_mass), (("Suspicious Calcification",), pleomorphic_cluster)),
    5: ((("Mass", "Suspicious Calcification"), spiculated_mass),),
}

_APART: dict[Stamp, tuple[tuple[tuple[str, ...], Stamp], ...]] = {
    calcified_mass: ((("Mass",), smooth_mass), (("Calcification",), coarse_cluster)),
    spiculated_mass: ((("Mass",), stellate_mass), (("Suspicious Calcification",), pleomorphic_cluster)),
}


def _polar(radius: float, reach: float) -> tuple[Plane, Plane]:
    """Distance in radii and angle, on an odd square that reaches ``reach`` radii from its centre."""
    half = int(np.ceil(reach * radius))
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32) / np.float32(radius)
    return np.hypot(x, y), np.arctan2(y, x)


def _stellate(rng: np.random.Generator, radius: float, spicules: int, longest: float) -> Plane:
    """A lobed body with soft edges and ``spicules`` tapering lines that end within ``longest`` radii."""
    rho, theta = _polar(radius, longest)
    waves = np.arange(2, 8)
    size, phase = rng.normal(0, 0.16, waves.size) / np.sqrt(waves), rng.uniform(0, 2 * np.pi, waves.size)
    edge = 1 + sum(a * np.cos(m * theta + p) for a, m, p in zip(size, waves, phase, strict=True))
    planes = 0.30 * smoothstep((edge - rho) / 0.5)
    for angle, length in zip(rng.uniform(0, 2 * np.pi, spicules), rng.uniform(1.4, longest, spicules), strict=True):
        along, across = rho * np.cos(theta - angle), np.abs(rho * np.sin(theta - angle))
        width = 0.12 * (1 - along / length)
        line = np.where((along > 0.3) & (width > 0), smoothstep(1 - across / np.maximum(width, 1e-3)), 0)
        planes = np.maximum(planes, 0.20 * line)
    return planes.astype(np.float32)


def _strew(stamp: Plane, rng: np.random.Generator, radius: float) -> Plane:
    """Add a few coarse round calcifications within 0.62 radii."""
    for _ in range(rng.integers(4, 8)):
        angle, distance = rng.uniform(0, 2 * np.pi), radius * rng.uniform(0, 0.62)
        grain = radius * rng.uniform(0.13, 0.24)
        _grain(stamp, distance * np.sin(angle), distance * np.cos(angle), grain, grain, 0.0, 0.34)
    return stamp


def _sprinkle(stamp: Plane, rng: np.random.Generator, radius: float, grains: int) -> Plane:
    """Add fine calcifications within one radius, denser towards the middle."""
    for _ in range(grains):
        angle, distance = rng.uniform(0, 2 * np.pi), radius * np.sqrt(rng.uniform(0, 1)) * rng.uniform(0.4, 1)
        width = radius * rng.uniform(0.03, 0.06)
        _grain(
            stamp,
            distance * np.sin(angle),
            distance * np.cos(angle),
            width,
            width * rng.uniform(1, 3.5),
            rng.uniform(0, np.pi),
            rng.uniform(0.18, 0.34),
        )
    return stamp


def _grain(stamp: Plane, row: float, col: float, width: float, length: float, angle: float, brightness: float) -> None:
    """Add one elliptic calcification at an offset from the centre; half axes in pixels, at least 0.8."""
    half = stamp.shape[0] // 2
    width, length = max(width, 0.8), max(length, 0.8)
    reach = int(np.ceil(length)) + 1
    top, left = max(round(half + row) - reach, 0), max(round(half + col) - reach, 0)
    window = stamp[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
    y = (np.arange(window.shape[0]) + top - half - row)[:, None]
    x = (np.arange(window.shape[1]) + left - half - col)[None, :]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    window += brightness * smoothstep((1 - np.hypot(along / length, across / width)) * max(width, 1.5))
