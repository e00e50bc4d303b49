from __future__ import annotations

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from mammo_monai.deidentification import pixel_data
from mammo_monai.dicom.encode import ENCODERS, EXPLICIT
from mammo_monai.dicom.header import open_header
from mammo_monai.dicom.image import read_image
from mammo_monai.dicom.part10 import file_bytes
from mammo_monai.errors import MammoError
from mammo_monai.phantom.transfer_syntax import TRANSFER_SYNTAXES


def header(words, bits, signed=False, high=None):
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.2", "1.2.3"
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = words.shape
    data.BitsAllocated, data.BitsStored = words.itemsize * 8, bits
    data.HighBit, data.PixelRepresentation = bits - 1 if high is None else high, int(signed)
    return data


def opened(path, data, syntax, value):
    pixel_data.PixelData(value, syntax).put(data)
    path.write_bytes(file_bytes(data, syntax, "1.2.3"))
    return open_header(path, path.open("rb"))


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("syntax", [s.uid for s in TRANSFER_SYNTAXES])
def test_words_come_back_in_every_syntax(tmp_path, syntax, bits):
    dtype = np.uint8 if bits == 8 else np.uint16
    words = np.random.default_rng(0).integers(0, 1 << bits, (31, 45), dtype=dtype)
    native = syntax not in ENCODERS
    value = words.tobytes() + b"\0" * (words.size * words.itemsize % 2)
    value = value if native else encapsulate([ENCODERS[syntax](words, bits)])
    with opened(tmp_path / "a", header(words, bits), syntax, value).stream:
        pass
    file = open_header(tmp_path / "a", (tmp_path / "a").open("rb"))
    read, passed_on = pixel_data.read(file)
    assert np.array_equal(read, words) and passed_on.syntax == syntax
    signed = syntax.endswith((".90", ".201"))  # OpenJPEG and OpenJPH sign their streams in a comment
    assert signed or passed_on.value.rstrip(b"\0") == value.rstrip(b"\0")
    changed = read.copy()
    changed[:9] = 0
    written = pixel_data.write(changed, file)
    assert written.syntax == syntax
    again, _ = pixel_data.read(opened(tmp_path / "b", header(words, bits), written.syntax, written.value))
    assert np.array_equal(again, changed)


def test_signed_words_survive(tmp_path):
    words = np.arange(-600, 600, dtype=np.int16).reshape(30, 40).view(np.uint16)
    file = opened(tmp_path / "a", header(words, 12, signed=True), EXPLICIT, words.tobytes())
    read, _ = pixel_data.read(file)
    assert np.array_equal(pixel_data.without_unused_bits(read, file.dataset), words)
    assert pixel_data.write(words, file).value == words.tobytes()


def test_a_lossy_image_that_changed_becomes_lossless(tmp_path):
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    frame = imagecodecs.jpeg8_encode(smooth, level=60)
    file = opened(tmp_path / "a", header(smooth, 8), "1.2.840.10008.1.2.4.50", encapsulate([frame]))
    words, passed_on = pixel_data.read(file)
    assert passed_on.syntax == "1.2.840.10008.1.2.4.50"
    words[:8] = 0
    written = pixel_data.write(words, file)
    assert written.syntax == "1.2.840.10008.1.2.4.70"
    again, _ = pixel_data.read(opened(tmp_path / "b", header(words, 8), written.syntax, written.value))
    assert np.array_equal(again, words)


def test_bytes_behind_native_pixels_go(tmp_path):
    words = np.zeros((4, 4), np.uint16)
    file = opened(tmp_path / "a", header(words, 12), EXPLICIT, words.tobytes() + b"Featherstone")
    assert pixel_data.read(file)[1].value == words.tobytes()


def test_old_overlays_in_unused_bits_go():
    words = np.full((4, 4), 0x0ABC, np.uint16)
    words[1, 1] |= 0x8000
    cleared = pixel_data.without_unused_bits(words, header(words, 12))
    assert (cleared == 0x0ABC).all()
    high = np.full((4, 4), 0xABC0, np.uint16)
    assert (pixel_data.without_unused_bits(high | 1, header(high, 12, high=15)) == 0xABC0).all()


def test_a_syntax_that_cannot_be_written_is_refused(tmp_path):
    words = np.zeros((4, 4), np.uint16)
    for syntax in ("1.2.840.10008.1.2.4.100", "1.2.3.4"):
        file = opened(tmp_path / "a", header(words, 12), syntax, encapsulate([words.tobytes()]))
        with pytest.raises(MammoError) as caught:
            pixel_data.read(file)
        assert caught.value.reason == "unsupported-format"


def test_what_is_written_is_read_by_the_reader(tmp_path):
    words = np.random.default_rng(0).integers(0, 4096, (31, 45), dtype=np.uint16)
    data = header(words, 12)
    data.Modality = "MG"
    opened(tmp_path / "a.dcm", data, EXPLICIT, words.tobytes())
    assert np.array_equal(read_image(tmp_path / "a.dcm", voi="none").pixels, words)
    assert np.array_equal(pydicom.dcmread(tmp_path / "a.dcm").pixel_array, words)
