from __future__ import annotations

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mammo_monai.dicom.encode import ENCODERS, deflate, rle

DECODERS = {
    "1.2.840.10008.1.2.4.70": imagecodecs.jpeg8_decode,
    "1.2.840.10008.1.2.4.80": imagecodecs.jpegls_decode,
    "1.2.840.10008.1.2.4.90": imagecodecs.jpeg2k_decode,
    "1.2.840.10008.1.2.4.201": imagecodecs.htj2k_decode,
}


def unpack_bits(segment, size):
    """The decoder of PS3.5 annex G.3.2."""
    out, at = bytearray(), 0
    while len(out) < size:
        n, at = segment[at], at + 1
        if n < 128:
            out += segment[at : at + n + 1]
            at += n + 1
        elif n > 128:
            out += bytes([segment[at]]) * (257 - n)
            at += 1
    assert len(out) == size
    return bytes(out)


@settings(deadline=None, max_examples=60)
@given(arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 300)), elements=st.integers(0, 4095)))
def test_rle_is_read_by_the_standards_decoder(pixels):
    frame = rle(pixels)
    count, *offsets = struct.unpack("<16I", frame[:64])
    assert count == 2 and offsets[0] == 64 and offsets[1] % 2 == 0 and not any(offsets[2:])
    high = np.frombuffer(unpack_bits(frame[offsets[0] : offsets[1]], pixels.size), np.uint8)
    low = np.frombuffer(unpack_bits(frame[offsets[1] :], pixels.size), np.uint8)
    assert np.array_equal((high.astype(np.uint16) << 8 | low).reshape(pixels.shape), pixels)


def test_rle_of_bytes_is_one_segment():
    pixels = np.arange(60, dtype=np.uint8).reshape(6, 10)
    frame = rle(pixels)
    assert struct.unpack("<3I", frame[:12]) == (1, 64, 0)
    assert unpack_bits(frame[64:], 60) == pixels.tobytes()


def test_deflate_is_a_raw_stream_of_even_length():
    for size in range(40):
        stream = deflate(bytes(range(size)))
        assert len(stream) % 2 == 0
        assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(stream) == bytes(range(size))


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("uid", DECODERS)
def test_code_streams_are_lossless_and_repeat(uid, bits):
    dtype = np.uint8 if bits == 8 else np.uint16
    pixels = np.random.default_rng(0).integers(0, 1 << bits, (61, 47), dtype=dtype)
    frame = ENCODERS[uid](pixels, bits)
    assert np.array_equal(DECODERS[uid](frame), pixels)
    assert ENCODERS[uid](pixels, bits) == frame


def test_jpeg_lossless_is_process_14_with_selection_value_1():
    frame = ENCODERS["1.2.840.10008.1.2.4.70"](np.zeros((8, 8), np.uint16), 12)
    sof3, sos = frame.index(b"\xff\xc3"), frame.index(b"\xff\xda")
    assert frame[sof3 + 4] == 12  # precision
    assert frame[sos + 7] == 1  # Ss: predictor
