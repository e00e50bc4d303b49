from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from mammo_monai.dicom.image import read_image, read_tags
from mammo_monai.errors import MammoError

GREY8 = np.add.outer(np.arange(37), 3 * np.arange(53)).astype(np.uint8)
GREY16 = GREY8.astype(np.uint16) * 257


def save(path: Path, image: np.ndarray | Image.Image, **options: Any) -> Path:
    if isinstance(image, Image.Image):
        image.save(path, **options)
    else:
        assert cv2.imwrite(str(path), image)
    return path


def refused(path: Path, reason: str, **options: Any) -> None:
    with pytest.raises(MammoError, match=path.name) as error:
        read_image(path, **options)
    assert error.value.reason == reason


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
@pytest.mark.parametrize("grey", [GREY8, GREY16], ids=["8", "16"])
def test_grey_comes_back_exactly(tmp_path: Path, suffix: str, grey: np.ndarray) -> None:
    image = read_image(save(tmp_path / f"x.{suffix}", grey))
    np.testing.assert_array_equal(image.pixels, grey)
    assert image.pixels.dtype == grey.dtype
    assert (image.meta["bits"], image.meta["source_rows"], image.meta["source_columns"]) == (grey.itemsize * 8, 37, 53)
    floats = read_image(tmp_path / f"x.{suffix}", output="float32").pixels
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(floats, grey)


def test_the_suffix_does_not_matter(tmp_path: Path) -> None:
    path = save(tmp_path / "x.png", GREY8).rename(tmp_path / "x.dcm")
    np.testing.assert_array_equal(read_image(path).pixels, GREY8)


def test_jpeg_grey_and_its_exif_rotation(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "x.jpg", Image.fromarray(GREY8), quality=95, exif=exif)
    got = read_image(path).pixels
    np.testing.assert_array_equal(got, np.asarray(Image.open(path)))
    assert got.shape == GREY8.shape


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P"])
def test_grey_in_other_clothes(tmp_path: Path, mode: str) -> None:
    path = save(tmp_path / "x.png", Image.fromarray(GREY8).convert(mode))
    np.testing.assert_array_equal(read_image(path).pixels, GREY8)


def test_16_bit_grey_as_rgb(tmp_path: Path) -> None:
    path = save(tmp_path / "x.png", np.repeat(GREY16[..., None], 3, axis=2))
    np.testing.assert_array_equal(read_image(path).pixels, GREY16)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_transparent_is_background(tmp_path: Path, suffix: str) -> None:
    alpha = np.full_like(GREY8, 255)
    alpha[:10] = 0
    path = save(tmp_path / f"x.{suffix}", Image.fromarray(np.dstack([GREY8] * 3 + [alpha])))
    np.testing.assert_array_equal(read_image(path).pixels, np.where(alpha == 0, 0, GREY8))


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "ppm"])
def test_colour(tmp_path: Path, suffix: str) -> None:
    picture = np.dstack([GREY8, GREY8, 255 - GREY8])
    refused(save(tmp_path / f"x.{suffix}", picture), "colour")


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_tiff_compressions(tmp_path: Path, compression: str) -> None:
    path = save(tmp_path / "x.tif", Image.fromarray(GREY8), compression=compression)
    np.testing.assert_array_equal(read_image(path).pixels, GREY8)


def test_tiff_with_white_zero(tmp_path: Path) -> None:
    path = save(tmp_path / "x.tif", Image.fromarray(GREY8))
    plain = path.read_bytes()
    # PhotometricInterpretation (262), SHORT, 1 value: 1 (BlackIsZero) becomes 0 (WhiteIsZero).
    entry = b"\x06\x01\x03\x00\x01\x00\x00\x00\x01\x00"
    assert plain.count(entry) == 1
    path.write_bytes(plain.replace(entry, entry[:-2] + b"\0\0"))
    np.testing.assert_array_equal(read_image(path).pixels, 255 - GREY8)


def test_tiff_of_floats(tmp_path: Path) -> None:
    path = save(tmp_path / "x.tif", (GREY8 / np.float32(7)).astype(np.float32))
    np.testing.assert_array_equal(read_image(path, output="float32").pixels, (GREY8 / np.float32(7)).astype(np.float32))
    refused(path, "not-integer")


def test_tiff_of_several_pages(tmp_path: Path) -> None:
    pages = [Image.fromarray(GREY8), Image.fromarray(GREY8 // 2), Image.fromarray(GREY8)]
    path = save(tmp_path / "x.tif", pages[0], save_all=True, append_images=pages[1:])
    refused(path, "multi-frame")
    np.testing.assert_array_equal(read_image(path, allow=["multi-frame"]).pixels, GREY8 // 2)


@pytest.mark.parametrize(
    ("data", "want"),
    [
        (b"P2\n# a comment\n3 2\n255\n1 2 3\n4 5 255\n", [[1, 2, 3], [4, 5, 255]]),
        (b"P5 3 2 100\n\x01\x02\x03\x04\x05\x64", [[1, 2, 3], [4, 5, 100]]),
        (b"P5\n# a\n# b\n3\n2\n# c\n4095\n\0\1\0\2\0\3\0\4\0\5\x0f\xff", [[1, 2, 3], [4, 5, 4095]]),
        (b"P6\n1 1\n255\n\7\7\7", [[7]]),
        (b"P3\n1 1\n255\n7 7 7", [[7]]),
    ],
)
def test_netpbm_values_are_not_rescaled(tmp_path: Path, data: bytes, want: list[list[int]]) -> None:
    path = tmp_path / "x.pgm"
    path.write_bytes(data)
    assert read_image(path).pixels.tolist() == want


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "pgm"])
@pytest.mark.parametrize("part", [0.5, 0.99])
def test_cut_short(tmp_path: Path, suffix: str, part: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200)).astype(np.uint8)
    path = save(tmp_path / f"x.{suffix}", noise)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    # Without its directory, which some writers put last, a TIFF cannot even be recognised as cut.
    refused(path, "unreadable" if suffix == "tif" else "truncated-pixels")


def test_cut_short_tiff_with_the_directory_in_front(tmp_path: Path) -> None:
    path = save(tmp_path / "x.tif", Image.fromarray(GREY8))
    path.write_bytes(path.read_bytes()[:-1])
    refused(path, "truncated-pixels")


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "pgm"])
def test_too_many_pixels(tmp_path: Path, suffix: str) -> None:
    refused(save(tmp_path / f"x.{suffix}", GREY8), "too-many-pixels", max_pixels=GREY8.size - 1)


def test_png_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    header = b"IHDR" + (60000).to_bytes(4, "big") * 2 + b"\x10\0\0\0\0"
    chunk = (13).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big")
    path = tmp_path / "x.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    refused(path, "too-many-pixels")


def test_tags_of_a_raster_are_unknown(tmp_path: Path) -> None:
    path = save(tmp_path / "x.png", GREY8)
    meta = read_tags(path)
    assert meta["source"] == str(path)
    assert meta["patient"] == meta["view"] == ""


@pytest.mark.real
def test_every_mini_mias_film(mini_mias: Path) -> None:
    for path in sorted(mini_mias.glob("*.pgm")):
        assert read_image(path).pixels.tobytes() == path.read_bytes()[-1024 * 1024 :]
