from __future__ import annotations

import imagecodecs
import numpy as np

from mammo_monai.phantom.transfer_syntax import TRANSFER_SYNTAXES


def test_the_cycle_names_eight_syntaxes():
    assert len({syntax.uid for syntax in TRANSFER_SYNTAXES}) == 8
    assert {syntax.uid for syntax in TRANSFER_SYNTAXES if syntax.encode is None} == {
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",
    }


def test_pixels_are_encoded_as_12_bit():
    pixels = np.full((8, 8), 4095, np.uint16)
    by_uid = {syntax.uid: syntax.encode for syntax in TRANSFER_SYNTAXES}
    frame = by_uid["1.2.840.10008.1.2.4.70"](pixels)
    assert frame[frame.index(b"\xff\xc3") + 4] == 12
    assert np.array_equal(imagecodecs.jpegls_decode(by_uid["1.2.840.10008.1.2.4.80"](pixels)), pixels)
