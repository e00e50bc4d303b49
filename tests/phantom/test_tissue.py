from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.phantom.breast import draw_outline, lay_out
from mammo_monai.phantom.tissue import gland, power_law, texture, tissue


def slope_of(field):
    """Least-squares slope of log power over log radial frequency, from a plain periodogram."""
    power = np.abs(np.fft.fft2(field)) ** 2
    radius = np.hypot(np.fft.fftfreq(field.shape[0])[:, None], np.fft.fftfreq(field.shape[1])[None, :])
    used = (radius > 0.02) & (radius < 0.2)
    bins = np.digitize(np.log(radius[used]), np.linspace(np.log(0.02), np.log(0.2), 20))
    means = [(np.log(radius[used][bins == b]).mean(), np.log(power[used][bins == b].mean())) for b in set(bins)]
    return np.polyfit(*zip(*means, strict=True), 1)[0]


@pytest.mark.parametrize("beta", [2.0, 3.0])
def test_power_falls_as_the_stated_power_of_frequency(beta):
    field = power_law(np.random.default_rng(0), 256, 208, beta)
    assert field.mean() == pytest.approx(0, abs=1e-5) and field.std() == pytest.approx(1, abs=1e-5)
    assert slope_of(field) == pytest.approx(-beta, abs=0.15)


def test_texture_keeps_the_spectrum_at_twice_the_size():
    field = texture(np.random.default_rng(1), 301, 250)
    assert field.shape == (301, 250)
    assert slope_of(field) == pytest.approx(-3, abs=0.3)


def test_gland_and_brightness_grow_with_density():
    outline = draw_outline("MLO", 0.8, np.random.default_rng(2))
    breast = lay_out(outline, 256, 208)
    field = texture(np.random.default_rng(3), 256, 208)
    inside = breast.thickness > 0
    shares = [gland(breast, density, field)[inside].mean() for density in "ABCD"]
    assert shares == sorted(shares) and shares[0] < 0.15 and shares[3] > 0.45
    light = [tissue(breast, density, np.random.default_rng(3))[inside].mean() for density in "ABCD"]
    assert light == sorted(light)


def test_gland_is_a_disc_behind_the_nipple_that_fades_to_fat():
    breast = lay_out(draw_outline("CC", 0.8, np.random.default_rng(4)), 256, 208)
    share = np.mean([gland(breast, "B", texture(np.random.default_rng(s), 256, 208)) for s in range(8)], axis=0)
    level = np.hypot(breast.u, breast.v)
    middle, rim = np.hypot(breast.u - 0.48, breast.v) < 0.2, (level > 0.9) & (level < 1)
    assert share[middle].mean() > 3 * share[rim].mean()


def test_air_is_black_and_muscle_is_brighter_than_fat():
    breast = lay_out(draw_outline("MLO", 0.8, np.random.default_rng(5)), 256, 208)
    image = tissue(breast, "A", np.random.default_rng(6))
    assert not image[breast.thickness == 0].any() and image[breast.thickness > 0].min() > 0
    fat = (breast.pectoral == 0) & (breast.thickness > 0.95)
    assert image[breast.pectoral > 0.9].mean() > 1.5 * np.median(image[fat])
