"""The outline of a compressed breast and its pectoral muscle, as the detector sees them.

Everything is drawn as a left breast (chest wall at column 0); lengths are fractions of the image height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]

ROLL_OFF = 0.11  # the compressed breast thins over this distance to its skin line (about 25 mm of 240 mm)
SKIN = 0.006  # thickness of the skin as a line at the edge


@dataclass(frozen=True, slots=True)
class Outline:
    """Half superellipse, its straight side on the chest wall.

    Attributes:
        nipple: row of the nipple, where the breast is deepest.
        up: distance from the nipple's row to the upper end (beyond the image in MLO: the axilla).
        down: distance from the nipple's row to the lower end.
        depth: distance from the chest wall to the nipple.
        power: exponent of the superellipse, 2 for an ellipse.
        pectoral: (width along the upper edge, length along the chest wall) of the muscle; zeros for none.
    """

    nipple: float
    up: float
    down: float
    depth: float
    power: float
    pectoral: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Breast:
    """A breast laid out on a pixel grid; each plane is (rows, columns) float32.

    Attributes:
        u: depth coordinate, 0 at the chest wall, 1 at the nipple.
        v: height coordinate, -1 at the upper end, 0 at the nipple's row, 1 at the lower end.
        thickness: compressed thickness, 0 outside to 1.
        skin: weight of the skin line, 0..1.
        pectoral: weight of the pectoral muscle, 0..1.
    """

    u: Plane
    v: Plane
    thickness: Plane
    skin: Plane
    pectoral: Plane


def draw_outline(view: str, width: float, rng: np.random.Generator) -> Outline:
    """An outline for one view ("CC" or "MLO") of an image whose width is ``width`` times its height."""
    depth = width * rng.uniform(0.58, 0.72)
    power = rng.uniform(1.95, 2.25)
    if view == "CC":
        up, down = rng.uniform(0.34, 0.41), rng.uniform(0.34, 0.41)
        return Outline(rng.uniform(0.48, 0.53), up, down, depth, power)
    pectoral = (width * rng.uniform(0.28, 0.36), rng.uniform(0.48, 0.60))
    return Outline(rng.uniform(0.56, 0.61), rng.uniform(0.68, 0.78), rng.uniform(0.33, 0.37), depth, power, pectoral)


def lay_out(outline: Outline, rows: int, cols: int) -> Breast:
    """Rasterise ``outline``; pixel centres are at (index + 0.5) / rows."""
    y = ((np.arange(rows, dtype=np.float32) + 0.5) / rows)[:, None]
    x = ((np.arange(cols, dtype=np.float32) + 0.5) / rows)[None, :]
    reach = np.where(y < outline.nipple, outline.up, outline.down).astype(np.float32)
    u, v = np.broadcast_arrays(x / outline.depth, (y - outline.nipple) / reach)
    power = np.float32(outline.power)
    up, vp = u**power, np.abs(v) ** power
    level = (up + vp) ** (1 / power)
    # First-order distance to the level set 1: (1 - f) / |grad f|.
    slope = level ** (1 - power) * np.hypot(up / u / outline.depth, vp / np.maximum(np.abs(v), 1e-4) / reach)
    nipple = 0.022 - np.hypot(x - 0.99 * outline.depth, y - outline.nipple)
    inside = np.maximum((1 - level) / slope, nipple)
    thickness = np.sqrt(1 - (1 - np.clip(inside / ROLL_OFF, 0, 1)) ** 2)
    skin = np.where(inside > 0, np.exp(-((inside / SKIN - 1) ** 2)), 0)
    return Breast(u, v, thickness.astype(np.float32), skin.astype(np.float32), _pectoral(outline, x, y))


def smoothstep(values: npt.NDArray[np.floating]) -> Plane:
    """0 below 0, 1 above 1, a smooth rise between: soft edges with compact support."""
    t = np.clip(values, 0, 1).astype(np.float32)
    return t * t * (3 - 2 * t)


def _pectoral(outline: Outline, x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]) -> Plane:
    width, length = outline.pectoral
    if width == 0:
        return np.zeros((y.shape[0], x.shape[1]), np.float32)
    s, t = x / width, y / length
    # The last term bends the muscle's edge outwards, as on a well positioned MLO.
    return smoothstep((1 - s - t + 0.3 * s * t) / 0.12)
