from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from mammo_monai.dicom.ddsm import pvrg
from mammo_monai.errors import MammoError

FILM = np.full((6, 8), 1000, np.uint16)
FILM[1:4, 2:6] += np.array([[0, 7, 7, 20], [7, 7, 20, 20], [3000, 20, 20, 0]], np.uint16)
FILM[5] = [0, 0, 0, 0, 1, 1, 2, 4095]
# FILM as big-endian words through "pvrg-jpeg -k PREDICTOR -p 16 -iw 8 -ih 6" of Debian's pvrg-jpeg 1.2.1+dfsg1-6.
BY_PVRG = {
    1: "ffd8ffc3000b100006000801011100ffc4001b000100010501000000000000000000000000050103040a0c0fffda0008010100010000f03"
    "e7002fb362c5f66a2c75dc722da2c00d05c555eff00dfffd9",
    2: "ffd8ffc3000b100006000801011100ffc4001a0001000203010000000000000000000000000a0f03050c04ffda0008010100020000a0f9e"
    "83e7a0f9e83e7a0f9e83e7a0f9e83e719f3ed033bda0ebb1f6b561c88fabd5880bc05e02f01780c4062033d82ff00ffd9",
    3: "ffd8ffc3000b100006000801011100ffc4001a0000020301010000000000000000000000000f03050a040cffda000801010003000041f3a"
    "0f9d07ce83e741f3a0f9d07ce83e70279ed00279fb7b6ac0f5dc76f6d5d5807911eaeac302f817c0be05f031818c0cfb05fffd9",
    4: "ffd8ffc3000b100006000801011100ffc4001b000100020301010000000000000000000000040c0103050a0fffda0008010100040000f81"
    "f3801bd379637e89b082dd8d45b85cbea0a88f6e91d43c0b8cb37ff007fffd9",
    6: "ffd8ffc3000b100006000801011100ffc4001e0000010402030100000000000000000000000304090e050c020a0b0fffda0008010100060"
    "000f81f3d07ce83e741f3a0f9d07ce83e741f30175322d405f83d44036ec7c8d11c5ba03511fd721aba0e82f01701701701901901bbc15f"
    "ffd9",
    7: "ffd8ffc3000b100006000801011100ffc4001d000100020203010100000000000000000000090e0304050b0c0a0fffda000801010007000"
    "0fc0f9e83e741f3a0f9d07ce83e741f3a0f98cf9391d519dbad51ebb5ea347161d447abaa3e05e02e02e02e032032037dc15fffd9",
}


@pytest.mark.parametrize("predictor", BY_PVRG)
def test_streams_of_the_codec_itself_are_read_exactly(predictor: int) -> None:
    assert np.array_equal(pvrg.decode(bytes.fromhex(BY_PVRG[predictor])), FILM)


@pytest.mark.parametrize("predictor", [2, 3, 6, 7])
def test_a_standard_decoder_misreads_them(predictor: int) -> None:
    """The reason for ``pvrg.decode``; should this fail, imagecodecs has learnt PVRG's first line."""
    assert not np.array_equal(imagecodecs.jpeg8_decode(bytes.fromhex(BY_PVRG[predictor])), FILM)


@pytest.mark.parametrize("predictor", range(1, 8))
def test_what_is_encoded_is_decoded(predictor: int) -> None:
    rng = np.random.default_rng(predictor)
    film = (np.cumsum(rng.integers(-9, 10, (50, 37)), axis=1) + 30000).astype(np.uint16)
    film[20:, 10] = 65535
    film[:3] = 0
    stream = pvrg.encode(film, predictor)
    assert stream[:4] == b"\xff\xd8\xff\xc3"  # the frame header comes first, as in DDSM
    assert np.array_equal(pvrg.decode(stream), film)


def test_a_table_without_a_code_for_no_difference_is_named() -> None:
    table = bytes.fromhex("000f03050a040c")  # the categories of the stream's Huffman table
    stream = bytes.fromhex(BY_PVRG[3])
    assert stream.count(table) == 1
    with pytest.raises(MammoError, match="difference 0"):
        pvrg.decode(stream.replace(table, b"\x10" + table[1:]))


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\xff\xd8\xff\xd9",
        imagecodecs.jpeg8_encode(FILM.astype(np.uint8)),
        bytes.fromhex(BY_PVRG[3])[:30],
        imagecodecs.jpeg8_encode(np.zeros((4, 4, 3), np.uint8), lossless=True),
    ],
)
def test_what_is_no_such_stream_is_refused(stream: bytes) -> None:
    with pytest.raises(MammoError, match="not lossless JPEG") as caught:
        pvrg.decode(stream)
    assert caught.value.reason == "unreadable"


def test_restart_intervals_are_refused_rather_than_misread() -> None:
    stream = bytes.fromhex(BY_PVRG[3])
    at = stream.index(b"\xff\xda")
    with pytest.raises(MammoError, match="restart intervals"):
        pvrg.decode(stream[:at] + b"\xff\xdd\0\4\0\x08" + stream[at:])
