from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import generate_pixel_data_frame
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from mammo_monai.dicom.image import read_image
from mammo_monai.errors import MammoError

Write = Callable[..., Path]
Encoder = Callable[[np.ndarray], bytes]


def rle(words: np.ndarray) -> bytes:
    """PS3.5 annex G with literal runs only: the simplest writer there is."""
    planes = [words.view(np.uint8).reshape(-1, words.itemsize)[:, i] for i in reversed(range(words.itemsize))]
    segments = []
    for plane in planes:
        data = plane.tobytes()
        runs = (data[i : i + 128] for i in range(0, len(data), 128))
        segment = b"".join(bytes([len(run) - 1]) + run for run in runs)
        segments.append(segment + b"\x80" * (len(segment) % 2))
    offsets = np.cumsum([64] + [len(segment) for segment in segments])[:-1]
    header = np.zeros(16, "<u4")
    header[0], header[1 : 1 + len(offsets)] = len(planes), offsets
    return header.tobytes() + b"".join(segments)


LOSSLESS: dict[str, tuple[str, Encoder]] = {
    "jpeg-lossless-sv1": (JPEGLosslessSV1, lambda w: imagecodecs.jpeg8_encode(w, lossless=True, predictor=1)),
    "jpeg-lossless-4": ("1.2.840.10008.1.2.4.57", lambda w: imagecodecs.jpeg8_encode(w, lossless=True, predictor=4)),
    "jpeg-ls": (JPEGLSLossless, imagecodecs.jpegls_encode),
    "jpeg-2000": (JPEG2000Lossless, lambda w: imagecodecs.jpeg2k_encode(w, codecformat="j2k", reversible=True)),
    "jp2": (JPEG2000Lossless, lambda w: imagecodecs.jpeg2k_encode(w, codecformat="jp2", reversible=True)),
    "htj2k": ("1.2.840.10008.1.2.4.201", lambda w: imagecodecs.htj2k_encode(w, reversible=True)),
    "rle": (RLELossless, rle),
}
LOSSY: dict[str, tuple[str, Encoder, float]] = {
    "jpeg-ls": (JPEGLSNearLossless, lambda w: imagecodecs.jpegls_encode(w, level=2), 2),
    "jpeg-2000": (JPEG2000, lambda w: imagecodecs.jpeg2k_encode(w, 90, codecformat="j2k", reversible=False), 40),
    "htj2k": ("1.2.840.10008.1.2.4.203", lambda w: imagecodecs.htj2k_encode(w, reversible=False), 20),
    "jpeg-extended": (JPEGExtended12Bit, lambda w: imagecodecs.jpeg8_encode(w, 98, bitspersample=12), 40),
}
NATIVE = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


def stored(path: Path, **options: Any) -> np.ndarray:
    return read_image(path, voi="none", **options).pixels


@pytest.mark.parametrize("syntax", NATIVE)
def test_native(write: Write, ramp: np.ndarray, syntax: str) -> None:
    image = read_image(write(ramp, syntax=syntax), voi="none")
    np.testing.assert_array_equal(image.pixels, ramp)
    assert image.pixels.dtype == np.uint16
    assert image.meta["transfer_syntax"] == syntax


@pytest.mark.parametrize("syntax", [*NATIVE[:2], NATIVE[3]])
def test_native_8_bit(write: Write, ramp: np.ndarray, syntax: str) -> None:
    small = (ramp >> 4).astype(np.uint8)
    got = stored(write(small, bits=8, syntax=syntax))
    np.testing.assert_array_equal(got, small)
    assert got.dtype == np.uint8


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("fragments", [1, 4])
def test_lossless_16_bit_words(write: Write, ramp: np.ndarray, name: str, fragments: int) -> None:
    syntax, encode = LOSSLESS[name]
    words = ramp * 16 + 3
    path = write(words, bits=16, syntax=syntax, frames=[encode(words)], fragments=fragments, table=fragments == 1)
    np.testing.assert_array_equal(stored(path), words)


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_8_bit_words(write: Write, ramp: np.ndarray, name: str) -> None:
    syntax, encode = LOSSLESS[name]
    words = (ramp >> 4).astype(np.uint8)
    np.testing.assert_array_equal(stored(write(words, bits=8, syntax=syntax, frames=[encode(words)])), words)


@pytest.mark.parametrize("name", LOSSLESS)
def test_negative_values_as_unsigned_codestream(write: Write, ramp: np.ndarray, name: str) -> None:
    """What most writers do: the codestream holds the two's complement pattern."""
    syntax, encode = LOSSLESS[name]
    values = ramp.astype(np.int16) - 2048
    pattern = values.view(np.uint16) & 0x0FFF
    path = write(values, signed=True, syntax=syntax, frames=[encode(pattern)])
    np.testing.assert_array_equal(stored(path, output="float32"), values)


@pytest.mark.parametrize("name", ["jpeg-2000", "htj2k"])
@pytest.mark.parametrize("width", [8, 12, 16])
def test_negative_values_as_signed_codestream(write: Write, ramp: np.ndarray, name: str, width: int) -> None:
    syntax, encode = LOSSLESS[name]
    values = (ramp.astype(np.int32) - 2048) >> (12 - width) if width < 12 else ramp.astype(np.int32) - 2048
    values = values.astype(np.int8 if width == 8 else np.int16)
    path = write(values, bits=12, signed=True, syntax=syntax, frames=[encode(values)])
    np.testing.assert_array_equal(stored(path, output="float32"), values)


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_within_its_error(write: Write, ramp: np.ndarray, name: str) -> None:
    syntax, encode, most = LOSSY[name]
    smooth = ramp.copy()
    smooth[0, :2] = smooth[1, :2]
    got = stored(write(smooth, syntax=syntax, frames=[encode(smooth)]))
    assert np.abs(got.astype(int) - smooth).max() <= most


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_does_not_wrap_at_edges(write: Write, name: str) -> None:
    words = np.zeros((256, 256), np.uint16)
    words[:, 99:] = 4095
    syntax, encode, _ = LOSSY[name]
    got = stored(write(words, syntax=syntax, frames=[encode(words)]))
    assert got[:, :99].max() < 700
    assert got[:, 99:].min() > 3400


def test_jpeg_baseline(write: Write, ramp: np.ndarray) -> None:
    small = (ramp >> 4).astype(np.uint8)
    small[0, :2] = small[1, :2]
    got = stored(write(small, bits=8, syntax=JPEGBaseline8Bit, frames=[imagecodecs.jpeg8_encode(small, 95)]))
    assert np.abs(got.astype(int) - small).max() <= 8


def test_garbage_above_bits_stored_is_ignored(write: Write, ramp: np.ndarray) -> None:
    """Old writers keep an overlay plane in the unused high bits."""
    overlay = ramp | 0x8000 | ((ramp & 1) << 13)
    np.testing.assert_array_equal(stored(write(overlay)), ramp)
    lossless = imagecodecs.jpeg8_encode(overlay, lossless=True, predictor=1)
    np.testing.assert_array_equal(stored(write(overlay, syntax=JPEGLosslessSV1, frames=[lossless])), ramp)


def test_high_bit_15(write: Write, ramp: np.ndarray) -> None:
    np.testing.assert_array_equal(stored(write(ramp << 4, HighBit=15)), ramp)


def test_encapsulated_pixels_under_a_native_or_missing_transfer_syntax(write: Write, ramp: np.ndarray) -> None:
    frame = imagecodecs.jpegls_encode(ramp)
    np.testing.assert_array_equal(stored(write(ramp, syntax=ExplicitVRLittleEndian, frames=[frame])), ramp)
    path = write(ramp, syntax=JPEGLSLossless, frames=[frame])
    path.write_bytes(path.read_bytes().replace(JPEGLSLossless.encode(), b"1.2.840.10008.1.2.4.99"))
    np.testing.assert_array_equal(stored(path), ramp)


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("part", [0.3, 0.9, 0.999])
def test_cut_short_is_refused_not_half_filled(write: Write, ramp: np.ndarray, name: str, part: float) -> None:
    """The encapsulation is intact, its codestream is not: libjpeg and OpenJPH would fill the rest with grey."""
    syntax, encode = LOSSLESS[name]
    random = np.random.default_rng(1).integers(0, 4096, ramp.shape, dtype=np.uint16)
    frame = encode(random)
    path = write(random, syntax=syntax, frames=[frame[: int(len(frame) * part)]])
    with pytest.raises(MammoError, match=r"image\.dcm.*copy it again|image\.dcm.*neither") as error:
        read_image(path)
    assert error.value.reason == "truncated-pixels"


@pytest.mark.parametrize("rows", [1, 60, 66])
def test_rle_of_fewer_rows_is_truncated(write: Write, ramp: np.ndarray, rows: int) -> None:
    """Well-formed segments that simply hold less: nothing in them is damaged."""
    with pytest.raises(MammoError) as error:
        read_image(write(ramp, syntax=RLELossless, frames=[rle(ramp[:rows].copy())]))
    assert error.value.reason == "truncated-pixels"


@pytest.mark.parametrize("syntax", NATIVE[:3])
@pytest.mark.parametrize("missing", [1, 2, 5000])
def test_native_cut_short(write: Write, ramp: np.ndarray, syntax: str, missing: int) -> None:
    path = write(ramp, syntax=syntax)
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(MammoError, match=f"{ramp.nbytes - missing} of {ramp.nbytes} bytes") as error:
        read_image(path)
    assert error.value.reason == "truncated-pixels"


@pytest.mark.parametrize("name", ["jpeg-2000", "jpeg-ls"])
def test_codestream_of_another_size_is_refused_before_decoding(write: Write, ramp: np.ndarray, name: str) -> None:
    """A header of 10 x 10 must not open the door to a codestream of any size."""
    syntax, encode = LOSSLESS[name]
    with pytest.raises(MammoError, match="header says 10 x 10") as error:
        read_image(write(ramp[:10, :10], syntax=syntax, frames=[encode(ramp)]))
    assert error.value.reason == "unreadable"


def test_samples_wider_than_their_words(write: Write, ramp: np.ndarray) -> None:
    with pytest.raises(MammoError, match="do not fit") as error:
        read_image(write(ramp, bits=8, syntax=JPEGLSLossless, frames=[imagecodecs.jpegls_encode(ramp)]))
    assert error.value.reason == "unreadable"


def test_unknown_codestream(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp, syntax="1.2.840.10008.1.2.4.102", frames=[b"\0\0\1\xb3 no picture at all"])
    with pytest.raises(MammoError, match=r"1\.2\.840\.10008\.1\.2\.4\.102") as error:
        read_image(path)
    assert error.value.reason == "unsupported-format"


def test_32_bit_words(write: Write, ramp: np.ndarray) -> None:
    with pytest.raises(MammoError) as error:
        read_image(write(ramp.astype(np.uint32), BitsAllocated=32, BitsStored=32, HighBit=31))
    assert error.value.reason == "unsupported-format"


@pytest.mark.parametrize("name", ["jpeg-2000", "htj2k"])
@pytest.mark.parametrize("signed", [False, True])
def test_reduced_resolution(write: Write, name: str, signed: bool) -> None:
    rows, columns = np.mgrid[:1025, :1403]
    picture = 2047 * (1 + np.sin(rows / 40) * np.cos(columns / 50)) - 2048 * signed
    words = np.rint(picture).astype(np.int16 if signed else np.uint16)
    syntax, encode = LOSSLESS[name]
    path = write(words, bits=12, signed=signed, syntax=syntax, frames=[encode(words)])
    for asked, factor in ((200, 4), (256, 4), (257, 2), (1025, 1), (5000, 1)):
        image = read_image(path, voi="none", output="float32", reduce_to=asked)
        assert image.meta["reduced"] == factor
        assert min(image.pixels.shape) >= min(asked, 1025)
        # Pixel r of the reduced image is at r * factor: half a pixel of shift would differ by more than 20 here.
        np.testing.assert_allclose(image.pixels, picture[::factor, ::factor], atol=12)


@pytest.mark.parametrize("name", ["jpeg-2000", "htj2k"])
def test_reduced_resolution_does_not_wrap_at_edges(write: Write, name: str) -> None:
    """Wavelets overshoot beside a sharp edge between the ends of the stored range."""
    words = np.zeros((256, 256), np.uint16)
    words[:, 99:] = 4095
    syntax, encode = LOSSLESS[name]
    small = stored(write(words, syntax=syntax, frames=[encode(words)]), reduce_to=128)
    assert small[:, :48].max() < 500
    assert small[:, 52:].min() > 3500


def test_threads_change_nothing(write: Write, ramp: np.ndarray) -> None:
    frame = LOSSLESS["jpeg-2000"][1](ramp)
    path = write(ramp, syntax=JPEG2000Lossless, frames=[frame])
    np.testing.assert_array_equal(stored(path, threads=1), stored(path, threads=4))


@pytest.mark.real
def test_real_films_agree_with_other_decoders(mg_dicom: Path) -> None:
    import pydicom

    def frame(name: str) -> bytes:
        return next(generate_pixel_data_frame(pydicom.dcmread(mg_dicom / name).PixelData, 1))

    ge = stored(mg_dicom / "GH133.dcm", output="float32")
    want = imagecodecs.ljpeg_decode(frame("GH133.dcm")).astype(np.float32)
    padded = want <= 30  # Pixel Padding Value 0 to Range Limit 30
    np.testing.assert_array_equal(ge, np.where(padded, 0, want))
    film = stored(mg_dicom / "MG1_J2KI")
    small = read_image(mg_dicom / "MG1_J2KI", voi="none", reduce_to=512)
    assert small.pixels.shape == (1166, 766)
    difference = np.abs(small.pixels.astype(float) - film[::4, ::4])
    assert difference.mean() < 0.01 * 4095
