from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from mammo_monai.dicom.codestream import inspect

PICTURE = np.arange(60 * 44, dtype=np.uint16).reshape(60, 44)


def encoded(codec: str) -> bytes:
    return {
        "jpeg": lambda: imagecodecs.jpeg8_encode(PICTURE, lossless=True, predictor=1, bitspersample=12),
        "jpegls": lambda: imagecodecs.jpegls_encode(PICTURE),
        "jpeg2000": lambda: imagecodecs.jpeg2k_encode(PICTURE, codecformat="j2k", reversible=True, bitspersample=12),
        "htj2k": lambda: imagecodecs.htj2k_encode(PICTURE, reversible=True),
    }[codec]()


@pytest.mark.parametrize("codec", ["jpeg", "jpegls", "jpeg2000", "htj2k"])
def test_size_and_end(codec: str) -> None:
    frame = encoded(codec)
    found = inspect(frame)
    assert found is not None
    assert (found.codec, found.rows, found.columns, found.components) == (codec, 60, 44, 1)
    assert found.complete
    assert (found.levels > 0) == (codec in ("jpeg2000", "htj2k"))
    padded = inspect(frame + b"\0\0\0")
    assert padded is not None
    assert padded.complete
    cut = inspect(frame[:-2])
    assert cut is not None
    assert not cut.complete


def test_bits_and_sign() -> None:
    signed = inspect(imagecodecs.jpeg2k_encode(PICTURE.astype(np.int16), codecformat="j2k", reversible=True))
    assert signed is not None
    assert signed.signed
    assert signed.bits == 16
    lossless = inspect(encoded("jpeg"))
    assert lossless is not None
    assert lossless.bits == 12


def test_a_thumbnail_in_an_application_segment_is_no_end() -> None:
    frame = encoded("jpeg")
    thumbnail = b"\xff\xe1\x00\x06\xff\xd9\xff\xda"
    found = inspect(frame[:2] + thumbnail + frame[2:-2])
    assert found is not None
    assert not found.complete


@pytest.mark.parametrize("frame", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00", b"\xff\x4f\xff\x51\0\0", b"RIFF" * 20])
def test_not_a_codestream(frame: bytes) -> None:
    assert inspect(frame) is None
