"""Small synthetic films whose breast's place is known exactly."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

Film = tuple[np.ndarray, tuple[int, int, int, int]]


@pytest.fixture(scope="session")
def film() -> Callable[..., Film]:
    """Factory of (pixels, true box): a textured half-ellipse at one side of an 8-bit film of dark, noisy air."""

    def make(
        shape: tuple[int, int] = (1000, 800),
        rows: tuple[int, int] = (120, 880),
        depth: int = 420,
        chest_wall: str = "left",
        air: int = 6,
        seed: int = 0,
    ) -> Film:
        random = np.random.default_rng(seed)
        r, c = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        centre, half = (rows[0] + rows[1]) / 2, (rows[1] - rows[0]) / 2
        inside = ((r + 0.5 - centre) / half) ** 2 + ((c + 0.5) / depth) ** 2 < 1
        texture = cv2.GaussianBlur(random.normal(size=shape).astype(np.float32), (0, 0), 12)
        tissue = 130 + 30 * texture / texture.std()
        pixels = np.clip(np.where(inside, tissue, air) + random.normal(0, 1.5, shape), 0, 255).astype(np.uint8)
        box = (max(rows[0], 0), 0, min(rows[1], shape[0]), min(depth, shape[1]))
        if chest_wall == "right":
            pixels = np.ascontiguousarray(pixels[:, ::-1])
            box = (box[0], shape[1] - box[3], box[2], shape[1])
        return pixels, box

    return make
