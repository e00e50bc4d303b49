from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from mammo_monai.deidentification.bare_stream import bare
from mammo_monai.dicom.encode import ENCODERS

PIXELS = np.random.default_rng(1).integers(0, 4096, (40, 33), dtype=np.uint16)
DECODERS = {
    "70": imagecodecs.jpeg8_decode,
    "80": imagecodecs.jpegls_decode,
    "90": imagecodecs.jpeg2k_decode,
    "201": imagecodecs.htj2k_decode,
}


def segment(marker, text):
    return bytes([0xFF, marker]) + (len(text) + 2).to_bytes(2, "big") + text


@pytest.mark.parametrize("code", DECODERS)
def test_comments_go_and_the_image_stays(code):
    frame = ENCODERS[f"1.2.840.10008.1.2.4.{code}"](PIXELS, 12)
    clean = bare(frame)
    if code in ("70", "80"):
        spiked = frame[:2] + segment(0xFE, b"Featherstone") + segment(0xE1, b"Exif Wilhelmina") + frame[2:]
    else:
        first = 4 + int.from_bytes(frame[4:6], "big")  # after SIZ
        spiked = frame[:first] + segment(0x64, b"\0\1Featherstone Wilhelmina") + frame[first:]
    cleaned = bare(spiked + b"Trailing Featherstone")
    assert b"Feather" not in cleaned and b"Wilhelm" not in cleaned
    assert cleaned == clean and len(cleaned) % 2 == 0
    assert np.array_equal(DECODERS[code](cleaned), PIXELS)


def test_a_stream_without_comments_is_passed_on_byte_for_byte():
    frame = ENCODERS["1.2.840.10008.1.2.4.80"](PIXELS, 12)
    assert bare(frame).rstrip(b"\0") == frame.rstrip(b"\0")


def test_jp2_boxes_go():
    boxed = imagecodecs.jpeg2k_encode(PIXELS, level=0, reversible=True, codecformat="jp2", bitspersample=12)
    assert bare(boxed)[:4] == b"\xff\x4f\xff\x51"
    assert np.array_equal(imagecodecs.jpeg2k_decode(bare(boxed)), PIXELS)


def test_rle_is_passed_on():
    frame = ENCODERS["1.2.840.10008.1.2.5"](PIXELS, 16)
    assert bare(frame) == frame
