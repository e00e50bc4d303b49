"""Fat and fibroglandular tissue with the power spectrum that mammograms have.

Mammographic texture follows a power law 1/f^beta with beta near 3 (Burgess et al., Med. Phys. 28(4), 2001).
"""

from __future__ import annotations

import cv2
import numpy as np

from mammo_monai.phantom.breast import Breast, Plane

BETA = 3.0
FAT, GLAND, MUSCLE, SKIN = 0.25, 0.32, 0.34, 0.08  # brightness each adds at full thickness
ABUNDANCE = {"A": -2.2, "B": -1.2, "C": -0.3, "D": 0.8}  # how far the gland reaches, by ACR density


def power_law(rng: np.random.Generator, rows: int, cols: int, beta: float = BETA) -> Plane:
    """A (rows, cols) random field of mean 0 and variance 1 whose power spectrum falls as 1/f^beta."""
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(cols)[None, :])
    frequency[0, 0] = np.inf
    white = np.fft.rfft2(rng.standard_normal((rows, cols)))
    field = np.fft.irfft2(white * frequency ** (-beta / 2), s=(rows, cols))
    return (field / field.std()).astype(np.float32)


def texture(rng: np.random.Generator, rows: int, cols: int) -> Plane:
    """A periodic power-law field, made at half resolution: little of its power lies above."""
    half = power_law(rng, (rows + 1) // 2, (cols + 1) // 2)
    return np.asarray(cv2.resize(half, (cols, rows), interpolation=cv2.INTER_CUBIC), np.float32)


def gland(breast: Breast, density: str, field: Plane) -> Plane:
    """Share of glandular tissue, 0..1: a disc behind the nipple, fading to fat, broken up by ``field``."""
    disc = 1.6 - 2.5 * np.hypot((breast.u - 0.48) / 0.6, breast.v / 0.78)
    share = 1 / (1 + np.exp(-(0.62 * field + disc + ABUNDANCE[density]) / 0.36))
    return (share * (1 - breast.pectoral)).astype(np.float32)


def tissue(breast: Breast, density: str, rng: np.random.Generator) -> Plane:
    """Brightness (rows, cols) of a breast without lesions, 0 outside it."""
    field = texture(rng, *breast.u.shape)
    fat = FAT * (1 + 0.14 * field)
    glandular = GLAND * gland(breast, density, field) * (0.9 + 0.12 * np.roll(field, field.shape[0] // 3, axis=0))
    muscle = MUSCLE * breast.pectoral * (1 - 0.35 * breast.v - 0.5 * breast.u)
    return (breast.thickness * (fat + glandular + muscle) + SKIN * breast.skin).astype(np.float32)
