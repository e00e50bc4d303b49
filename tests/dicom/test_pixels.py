from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from mammo_monai.dicom.pixels import Linear, Lut, Rendering, Window, Words, apply_table, present, table, whole
from mammo_monai.errors import MammoError

WHITE = 65535.0
UNSIGNED = Words(16, 12, 11, False)
SIGNED = Words(16, 12, 11, True)


def by_the_standard(x: float, centre: float, width: float, function: str) -> float:
    """PS3.3 C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2 as printed, with ymin 0 and ymax 65535."""
    if function == "SIGMOID":
        return WHITE / (1 + math.exp(-4 * (x - centre) / width))
    if function == "LINEAR":
        if x <= centre - 0.5 - (width - 1) / 2:
            return 0.0
        if x > centre - 0.5 + (width - 1) / 2:
            return WHITE
        return ((x - (centre - 0.5)) / (width - 1) + 0.5) * WHITE
    if x <= centre - width / 2:
        return 0.0
    if x > centre + width / 2:
        return WHITE
    return ((x - centre) / width + 0.5) * WHITE


@pytest.mark.parametrize("words", [UNSIGNED, SIGNED], ids=["unsigned", "signed"])
@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize(
    ("function", "centre", "width"),
    [
        ("LINEAR", 2047, 4095),
        ("LINEAR", 100.25, 1),
        ("LINEAR", -30, 2),
        ("LINEAR", 2653, 900),
        ("LINEAR_EXACT", 500, 0.5),
        ("LINEAR_EXACT", 1024.5, 777),
        ("SIGMOID", 2653, 900),
        ("SIGMOID", 0, 40),
    ],
)
def test_every_window_agrees_with_the_formula_for_every_value(
    words: Words, inverse: bool, function: str, centre: float, width: float
) -> None:
    slope, intercept = 0.5, -7.25
    rendering = Rendering(words, Linear(slope, intercept), inverse=inverse)
    got = table(rendering, Window(centre, width, function))
    for pattern in range(4096):
        stored = pattern - 4096 if words.signed and pattern >= 2048 else pattern
        want = by_the_standard(stored * slope + intercept, centre, width, function)
        want = WHITE - want if inverse else want
        assert got[pattern] == pytest.approx(want, abs=1e-6)
        assert got[pattern | 0xA000] == got[pattern], "bits above BitsStored are no part of the value"


def test_high_bit_moves_the_sample_in_its_word() -> None:
    got = table(Rendering(Words(16, 12, 15, False)), None, scaled=False)
    assert got[0xABC7] == 0xABC


def test_8_bit_words_have_256_entries() -> None:
    assert len(table(Rendering(Words(8, 8, 7, False)), None)) == 256


def test_lut_holds_its_ends_and_is_stretched_by_its_bits() -> None:
    lut = Lut(-3, np.array([10.0, 20, 30, 1023]), 10)
    values = np.array([-2048.0, -4, -3, -2, -1, 0, 1, 2047])
    got = present(values, Rendering(SIGNED), lut)
    np.testing.assert_allclose(got, np.array([10, 10, 10, 20, 30, 1023, 1023, 1023]) * WHITE / 1023)


def test_modality_lut_comes_before_the_window() -> None:
    modality = Lut(0, np.array([5.0, 9.0]), 8)
    got = present(np.array([0.0, 1.0, 7.0]), Rendering(UNSIGNED, modality), Window(7, 8, "LINEAR_EXACT"))
    np.testing.assert_allclose(got, WHITE * np.array([0.25, 0.75, 0.75]))


def test_without_a_voi_the_nominal_range_is_spread() -> None:
    got = present(np.array([-2048.0, 2047.0]), Rendering(SIGNED, Linear(2, 100)), None)
    np.testing.assert_allclose(got, [0, WHITE])
    falling = present(np.array([0.0, 4095.0]), Rendering(UNSIGNED, Linear(-1, 4095)), None)
    np.testing.assert_allclose(falling, [WHITE, 0])


@pytest.mark.parametrize("inverse", [False, True])
def test_padding_is_black_and_found_on_stored_values(inverse: bool) -> None:
    rendering = Rendering(SIGNED, Linear(1, 2048), inverse=inverse, padding=(-2048, -2040))
    stored = np.array([-2048.0, -2044, -2040, -2039, 0, 2047])
    got = present(stored, rendering, Window(2048, 4096, "LINEAR_EXACT"))
    assert got[:3].tolist() == [0, 0, 0]
    assert (got[3:] > 0).all() if inverse else got[3] == pytest.approx(9 / 4096 * WHITE)


def test_unscaled_values_are_those_of_the_modality_mirrored_when_inverse() -> None:
    stored = np.array([0.0, 1, 4095])
    assert present(stored, Rendering(UNSIGNED), None, scaled=False).tolist() == [0, 1, 4095]
    inverse = Rendering(UNSIGNED, inverse=True, padding=(4095, 4095))
    assert present(stored, inverse, None, scaled=False).tolist() == [4095, 4094, 0]


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
@pytest.mark.parametrize("old_opencv", [False, True])
@pytest.mark.parametrize("threads", [1, 3])
def test_look_up_is_exact(kind: type, old_opencv: bool, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise cv2.error("not for 16 bits")

    if old_opencv:
        monkeypatch.setattr(cv2, "LUT", refuse)
    random = np.random.default_rng(0)
    words = random.integers(0, 65536, (1111, 517), dtype=np.uint16)
    lut = (random.random(65536) * 65535).astype(kind)
    want = lut[words]
    read_only = words.copy()
    read_only.flags.writeable = False
    np.testing.assert_array_equal(apply_table(read_only, lut, threads), want)
    np.testing.assert_array_equal(apply_table(words, lut, threads), want)


def test_whole_numbers_keep_their_width_and_fractions_are_refused() -> None:
    assert whole(np.array([0.0, 255.0]), 8).dtype == np.uint8
    assert whole(np.array([0.0, 256.0]), 8).dtype == np.uint16
    assert whole(np.array([3], np.int32)).tolist() == [3]
    for bad in ([0.5], [-1.0], [65536.0], [math.nan], [math.inf]):
        with pytest.raises(MammoError) as error:
            whole(np.array(bad))
        assert error.value.reason == "not-integer"
