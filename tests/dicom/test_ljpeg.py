from __future__ import annotations

import gzip
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from mammo_monai.dicom.ddsm import pvrg
from mammo_monai.dicom.image import read_image
from mammo_monai.dicom.ljpeg import is_ljpeg, read_ljpeg
from mammo_monai.errors import MammoError

LINES, PIXELS = 30, 20
RNG = np.random.default_rng(0)
TWELVE = (1500 + 400 * np.sin(np.arange(LINES * PIXELS) / 90) + RNG.integers(0, 30, LINES * PIXELS)).astype(np.uint16)
TWELVE = TWELVE.reshape(LINES, PIXELS)
TWELVE[:4] = 300


def density(levels: NDArray[np.uint16], letter: str, digitizer: str) -> NDArray[np.float64]:
    """USF's formulas once more."""
    x = levels.astype(np.float64)
    return {
        ("A", "DBA"): lambda: (np.log(x) / np.log(10) - 4.80662) / -1.07553,
        ("A", "HOWTEK"): lambda: 3.789 - 0.00094568 * x,
        ("B", "LUMISYS"): lambda: (4096.99 - x) / 1009.01,
        ("D", "HOWTEK"): lambda: 3.96604096240593 - 0.00099055807612 * x,
    }[letter, digitizer]()


def write(
    folder: Path,
    levels: NDArray[np.uint16] = TWELVE,
    *,
    letter: str = "B",
    digitizer: str = "LUMISYS",
    bits: int = 12,
    lines: int = LINES,
    pixels: int = PIXELS,
    film: str = "LEFT_CC",
    suffix: str = "",
    stream: bytes | None = None,
    ics: bool = True,
) -> Path:
    """A case of one film."""
    size = f"LINES {lines} PIXELS_PER_LINE {pixels} BITS_PER_PIXEL {bits} RESOLUTION 50 NON_OVERLAY"
    if ics:
        (folder / f"{letter}-0001-1.ics").write_text(f"DIGITIZER {digitizer}\nLEFT_CC {size}\n")
    path = folder / f"{letter}_0001_1.{film}.LJPEG{suffix}"
    data = pvrg.encode(levels) if stream is None else stream
    path.write_bytes(gzip.compress(data) if suffix else data)
    return path


@pytest.mark.parametrize(("letter", "digitizer"), [("A", "HOWTEK"), ("B", "LUMISYS"), ("D", "HOWTEK")])
def test_films_of_12_bits_become_optical_density(tmp_path: Path, letter: str, digitizer: str) -> None:
    got = read_ljpeg(write(tmp_path, letter=letter, digitizer=digitizer), 10**6, ())
    assert got.shape == (LINES, PIXELS) and got.dtype == np.uint16
    expected = 65535 * (1 - density(TWELVE, letter, digitizer) / 4)
    assert np.abs(got - expected).max() <= 0.5


def test_films_of_16_bits_become_optical_density(tmp_path: Path) -> None:
    levels = (TWELVE.astype(np.uint16) * 9) % 60000 + 5
    got = read_ljpeg(write(tmp_path, levels, letter="A", digitizer="DBA", bits=16), 10**6, ())
    assert np.abs(got - 65535 * (1 - density(levels, "A", "DBA") / 4)).max() <= 0.5


def test_air_is_dark_and_what_lies_off_the_scale_saturates(tmp_path: Path) -> None:
    levels = TWELVE.copy()
    levels[0, :3] = 0, 20, 4095
    got = read_ljpeg(write(tmp_path, levels), 10**6, ())
    assert got[0, 0] == got[0, 1] == 0  # densities 4.06 and 4.04
    assert got[0, 2] > 65000
    assert got[0, 10] < got[20].min()


@pytest.mark.parametrize("predictor", range(1, 8))
def test_the_ics_size_wins_over_a_transposed_header(tmp_path: Path, predictor: int) -> None:
    stream = pvrg.encode(TWELVE.reshape(PIXELS, LINES), predictor)
    got = read_ljpeg(write(tmp_path, stream=stream), 10**6, ())
    assert np.array_equal(got, read_ljpeg(write(tmp_path), 10**6, ()))


def test_gzipped_films_and_standard_encoders_are_read(tmp_path: Path) -> None:
    plain = read_ljpeg(write(tmp_path), 10**6, ())
    assert np.array_equal(read_ljpeg(write(tmp_path, suffix=".gz"), 10**6, ()), plain)
    for stream in (
        imagecodecs.jpeg8_encode(TWELVE, lossless=True, predictor=1, bitspersample=12),
        imagecodecs.ljpeg_encode(TWELVE, bitspersample=12),
    ):
        path = write(tmp_path, stream=stream)
        if b"\xff\xda\0\x08\1\1\0\1" in stream:  # predictor 1 is the same for everyone
            assert np.array_equal(read_ljpeg(path, 10**6, ()), plain)


def test_names_tell_a_film() -> None:
    for name in ("A_1141_1.LEFT_CC.LJPEG", "b_3024_1.right_mlo.ljpeg", "C_0029_1.LEFT_MLO.LJPEG.gz"):
        assert is_ljpeg(Path("case") / name)
    for name in ("a.jpg", "x.LJPEG", "A_1141_1.LEFT_CC.OVERLAY", "A_1141_1.LEFT_CC.LJPEG.png", "LJPEG"):
        assert not is_ljpeg(Path(name))


@pytest.mark.parametrize(
    ("film", "said", "reason"),
    [
        ({"ics": False}, "B-0001-1.ics does not lie beside it", "missing-ics"),
        ({"film": "RIGHT_CC"}, "B-0001-1.ics lists no RIGHT_CC", "missing-ics"),
        ({"digitizer": "DBA"}, "names digitizer 'DBA'", "unknown-digitizer"),
        ({"letter": "E"}, "no curve", "unknown-digitizer"),
        ({"lines": 31}, "it holds 30 x 20 pixels, and B-0001-1.ics says 31 x 20", "size-mismatch"),
        ({"stream": b"\xff\xd8"}, "no lossless JPEG", "unreadable"),
        ({"stream": pvrg.encode(TWELVE)[:-2]}, "ends before its end marker", "truncated-pixels"),
        ({"stream": imagecodecs.jpeg8_encode((TWELVE >> 4).astype(np.uint8))}, "not lossless JPEG", "unreadable"),
        ({"levels": TWELVE.byteswap()}, "exceed the 12 bits of B-0001-1.ics", "unreadable"),
        ({"lines": 99999, "pixels": 99999}, "is more than 1000000 pixels", "too-many-pixels"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, film: dict[str, object], said: str, reason: str) -> None:
    path = write(tmp_path, **film)  # type: ignore[arg-type]
    with pytest.raises(MammoError) as caught:
        read_image(path, max_pixels=10**6)
    assert said in str(caught.value) and str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.reason == reason


def test_damaged_streams_end_in_one_line(tmp_path: Path) -> None:
    whole = pvrg.encode(TWELVE)
    for at in range(2, len(whole) - 2, 7):
        path = write(tmp_path, stream=whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
        try:
            image = read_image(path).pixels
        except MammoError as error:
            assert str(path) in str(error) and "\n" not in str(error)
        else:
            assert image.shape == (LINES, PIXELS)


def test_read_image_gives_the_calibrated_film(tmp_path: Path) -> None:
    path = write(tmp_path)
    stored, real = read_image(path), read_image(path, output="float32")
    assert np.array_equal(stored.pixels, read_ljpeg(path, 10**6, ())) and stored.pixels.dtype == np.uint16
    assert real.pixels.dtype == np.float32 and np.array_equal(real.pixels, stored.pixels)
    assert stored.meta["source_rows"] == LINES and stored.meta["source_columns"] == PIXELS
    assert np.array_equal(read_image(write(tmp_path, suffix=".gz")).pixels, stored.pixels)
