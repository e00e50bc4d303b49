"""Near-duplicates against different films; distances are counted bit by bit, apart from the code's matrix product."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mammo_monai.datasets.perceptual_hash import NEAR, near_pairs, perceptual_hash
from mammo_monai.dicom.image import read_image
from mammo_monai.errors import MammoError

Image = NDArray[Any]


def bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def film(seed: int) -> Image:
    """A half-ellipse of smooth tissue on the left, 400 x 300, 8 bits."""
    rng = np.random.default_rng(seed)
    row, col = np.mgrid[:400, :300]
    breast = ((row - 200) / (150 + 20 * rng.random())) ** 2 + (col / (200 + 20 * rng.random())) ** 2 < 1
    tissue = cv2.GaussianBlur(rng.normal(size=(400, 300)), (0, 0), 15)
    return np.where(breast, 120 + 30 * tissue / tissue.std(), 4).clip(0, 255).astype(np.uint8)


def copies(image: Image) -> Iterator[tuple[str, Image]]:
    """The same film, as other tools hand it on."""
    rows, cols = image.shape
    cut = round(0.02 * rows)
    yield "same", image.copy()
    yield "half size", cv2.resize(image, (cols // 2, rows // 2), interpolation=cv2.INTER_AREA)
    yield "JPEG 80", cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1], 0)
    yield "brighter", np.clip(image.astype(int) + 25, 0, 255).astype(np.uint8)
    yield "more contrast", np.clip(image * 1.25 - 10, 0, 255).astype(np.uint8)
    yield "mirrored", image[:, ::-1].copy()
    yield "16 bits", image.astype(np.uint16) * 257
    yield "float", (image / 255).astype(np.float32)
    yield "cut", image[cut:-cut, cut:-cut].copy()
    yield "shifted", np.pad(image, ((cut, 0), (cut, 0)), mode="edge")[:rows, :cols]


def test_copies_are_near_and_different_films_far() -> None:
    hashes = [perceptual_hash(film(seed)) for seed in range(12)]
    for name, copy in copies(film(0)):
        assert bits_apart(perceptual_hash(copy), hashes[0]) <= NEAR, name
    assert min(bits_apart(a, b) for i, a in enumerate(hashes) for b in hashes[:i]) > NEAR
    assert list(near_pairs(hashes)) == []


def test_nan_and_an_image_without_a_breast() -> None:
    spoilt = film(0).astype(np.float32)
    spoilt[:3] = np.nan
    assert bits_apart(perceptual_hash(spoilt), perceptual_hash(film(0))) <= NEAR
    for empty in (np.zeros((100, 100), np.uint8), np.full((8, 8), 7, np.uint16), np.zeros((0, 0), np.uint8)):
        with pytest.raises(MammoError) as error:
            perceptual_hash(empty)
        assert error.value.reason == "no-breast"


def test_pairs_are_those_within_reach_and_distances_are_counted_bits() -> None:
    rng = np.random.default_rng(0)
    hashes = [rng.bytes(32).hex() for _ in range(1500)]
    for at, count in ((1400, 0), (700, NEAR), (1100, NEAR + 1)):  # in other blocks than the first
        flip = sum(1 << int(bit) for bit in rng.permutation(256)[:count])
        hashes[at] = f"{int(hashes[at - 600], 16) ^ flip:064x}"
    assert sorted(near_pairs(hashes)) == [(100, 700, NEAR), (800, 1400, 0)]
    assert list(near_pairs([])) == [] and list(near_pairs(hashes[:1])) == []


def test_twenty_thousand_images_take_seconds() -> None:
    rng = np.random.default_rng(0)
    hashes = [rng.bytes(32).hex() for _ in range(20_000)]
    start = time.perf_counter()
    assert list(near_pairs([*hashes[:-1], hashes[3]])) == [(3, 19_999, 0)]
    assert time.perf_counter() - start < 20  # 3 s on two free cores


@pytest.mark.real
def test_real_films(mini_mias: Path) -> None:
    """No pair of different films is near, left and right of one woman included; altered copies of them nearly all."""
    films = {file.stem: read_image(file, threads=1).pixels for file in sorted(mini_mias.glob("*.pgm"))}
    hashes = {name: perceptual_hash(pixels) for name, pixels in films.items()}
    names = list(hashes)
    assert list(near_pairs([hashes[name] for name in names])) == []
    apart = [bits_apart(hashes[a], hashes[b]) for i, a in enumerate(names) for b in names[:i]]
    assert min(apart) >= NEAR + 20
    found = [bits_apart(perceptual_hash(copy), hashes[n]) <= NEAR for n in names[::12] for _, copy in copies(films[n])]
    assert np.mean(found) > 0.95
