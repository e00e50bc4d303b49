"""Features against their definitions in plain numpy, and what they must and must not see."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mammo_monai.classical import features
from mammo_monai.classical.features import (
    binary_patterns,
    cooccurrence,
    gradients,
    intensity,
    local_entropy,
    rings,
    scales,
)
from mammo_monai.errors import MammoError

SIZE = 96


def noise(seed: int = 0, sigma: float = 0.0) -> np.ndarray:
    plane = np.random.default_rng(seed).normal(size=(SIZE, SIZE)).astype(np.float32)
    plane = cv2.GaussianBlur(plane, (0, 0), sigma) if sigma else plane
    return 20_000 + 5_000 * (plane - plane.mean()) / plane.std()


def disc(edge: float, radius: float = 24.0) -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    return (10_000 + 20_000 / (1 + np.exp((np.hypot(y, x) - radius) / edge))).astype(np.float32)


def spokes() -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    return (10_000 + 5_000 * np.cos(12 * np.arctan2(y, x))).astype(np.float32)


def test_every_family_is_found_and_names_do_not_depend_on_the_patch():
    assert set(features.names()) == {
        "binary_patterns", "cooccurrence", "gradients", "intensity", "local_entropy", "rings", "scales",
    }  # fmt: skip
    first, second = features.extract(noise()), features.extract(disc(2.0)[:80])
    assert list(first) == list(second) and {name.partition(".")[0] for name in first} == set(features.names())


@pytest.mark.parametrize(
    "plane", [np.zeros((64, 64)), np.full((16, 40), 65535.0), np.eye(64) * 65535, np.zeros((300, 20))]
)
def test_degenerate_patches_give_finite_numbers(plane):
    assert all(np.isfinite(value) for value in features.extract(plane.astype(np.float32)).values())


@pytest.mark.parametrize("shape", [(8, 64), (64,), (1, 64, 64)])
def test_what_is_no_plane_is_refused(shape):
    with pytest.raises(MammoError, match="16 x 16"):
        features.extract(np.zeros(shape, np.float32))
    spoilt = noise()
    spoilt[3, 3] = np.nan
    with pytest.raises(MammoError, match="finite"):
        features.extract(spoilt)


def test_intensity_alone_sees_brightness():
    plane = noise(1)
    plain, brighter = features.extract(plane), features.extract(plane * 1.5 + 3000)
    for name, value in plain.items():
        if not name.startswith("intensity."):
            assert brighter[name] == pytest.approx(value, rel=2e-2, abs=2e-3), name
    assert brighter["intensity.mean"] == pytest.approx(plain["intensity.mean"] * 1.5 + 3000, rel=1e-4)
    found = intensity.features(plane)
    assert found["p75"] == pytest.approx(np.percentile(plane, 75))
    skewed = np.random.default_rng(0).exponential(size=(200, 200)).astype(np.float32)
    assert intensity.features(skewed)["skewness"] == pytest.approx(2, abs=0.2)  # of the exponential distribution


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_patch_has_the_same_texture(turns):
    plane = noise(2, 2.0)
    plain, turned = features.extract(plane), features.extract(np.ascontiguousarray(np.rot90(plane, turns)))
    for name, value in plain.items():
        assert turned[name] == pytest.approx(value, rel=5e-2, abs=1e-2), name


def test_cooccurrence_is_haralicks():
    checks = np.indices((64, 64)).sum(0) % 2 * 1000.0  # neighbours differ along rows and columns, not diagonally
    found = cooccurrence.features(checks.astype(np.float32))
    assert found["contrast_1"] == pytest.approx(31**2 / 2) and found["contrast_1_range"] == pytest.approx(31**2)
    assert found["contrast_2"] == pytest.approx(0) and found["correlation_2"] == pytest.approx(1)
    assert cooccurrence.features(noise())["correlation_1"] == pytest.approx(0, abs=0.05)
    assert cooccurrence.features(noise(0, 3.0))["correlation_1"] > 0.9


def test_binary_patterns_are_shares():
    found = binary_patterns.features(noise())
    for radius, points in ((1, 8), (3, 16)):
        assert sum(found[f"r{radius}_{code}"] for code in range(points + 2)) == pytest.approx(1)
    flat = binary_patterns.features(np.zeros((32, 32), np.float32))
    assert flat["r1_8"] == pytest.approx(1)  # all neighbours as large as the centre


def test_gradients_see_alignment():
    ramp = np.tile(np.arange(SIZE, dtype=np.float32), (SIZE, 1))
    assert gradients.features(ramp)["s1_orientation_entropy"] == pytest.approx(0, abs=1e-6)
    assert gradients.features(noise())["s1_orientation_entropy"] > 2.9  # of at most 3 bits


def test_local_entropy_rises_with_disorder():
    half = noise()
    half[:, SIZE // 2 :] = 10_000
    found = local_entropy.features(half)
    assert found["p5"] < 0.5 < 3 < found["p95"]


@pytest.mark.parametrize(("sigma", "band"), [(1.0, "s0.7"), (4.0, "s2.8"), (8.0, "s5.6")])
def test_energy_is_in_the_band_of_the_textures_size(sigma, band):
    shares = {name: value for name, value in scales.features(noise(0, sigma)).items() if name.endswith("share")}
    assert sum(shares.values()) == pytest.approx(1)
    assert shares[f"{band}_share"] > 0.25
    assert shares["s0.7_share"] < 0.05 or sigma == 1.0


def test_rings_tell_borders_from_spicules():
    sharp, soft, spiculated = rings.features(disc(1.0)), rings.features(disc(8.0)), rings.features(spokes())
    assert sharp["contrast"] > 0.8
    assert sharp["1_inwards"] + sharp["2_inwards"] > soft["1_inwards"] + soft["2_inwards"] > 0  # brighter inside
    assert sharp["2_alignment"] > 0.9 and sharp["2_radial"] > 0.9
    assert spiculated["2_radial"] < 0.2
