from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from mammo_monai.dicom.pixels import Linear, Lut, Window, present
from mammo_monai.dicom.rendering import choose, rendering, stored_words
from mammo_monai.errors import MammoError


def header(**elements: Any) -> Dataset:
    data = Dataset()
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PhotometricInterpretation = "MONOCHROME2"
    for keyword, value in elements.items():
        setattr(data, keyword, value)
    return data


def lut_item(descriptor: list[int], values: Any, vr: str = "US", name: str = "") -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if descriptor[1] < 0 else "US", descriptor)
    item.add_new("LUTData", vr, values)
    item.LUTExplanation = name
    return item


def test_lut_sequence_comes_before_windows_and_any_can_be_chosen() -> None:
    data = header(
        WindowCenter=[10, 20],
        WindowWidth=[5, 6],
        WindowCenterWidthExplanation=["NORMAL", "HARDER"],
        VOILUTFunction="SIGMOID",
        VOILUTSequence=[lut_item([2, 0, 12], [0, 4095], name="SOFT")],
    )
    found = rendering(data)
    assert choose(found, "first") is found.vois[0]
    assert str(choose(found, "first")) == "VOI LUT SOFT"
    assert choose(found, 2) == Window(20, 6, "SIGMOID", "HARDER")
    assert choose(found, "normal") == Window(10, 5, "SIGMOID", "NORMAL")
    for unknown in (3, -1, "no such"):
        with pytest.raises(MammoError, match="0: VOI LUT SOFT, 1: SIGMOID 10/5 NORMAL") as error:
            choose(found, unknown)
        assert error.value.reason == "no-such-voi"


def test_without_voi_first_is_none() -> None:
    assert choose(rendering(header()), "first") is None


@pytest.mark.parametrize(("width", "function"), [(0, "LINEAR"), (0.5, "LINEAR"), (0, "SIGMOID"), (-4, "LINEAR_EXACT")])
def test_forbidden_width_is_no_window(width: float, function: str) -> None:
    data = header(WindowCenter=[1, 2], WindowWidth=[width, 7], VOILUTFunction=function)
    assert rendering(data).vois == (Window(2, 7, function),)


def test_small_width_is_a_window_for_the_other_functions() -> None:
    data = header(WindowCenter=1, WindowWidth=0.5, VOILUTFunction="LINEAR_EXACT")
    assert rendering(data).vois == (Window(1, 0.5, "LINEAR_EXACT"),)


def test_zero_entries_mean_65536() -> None:
    lut = rendering(header(VOILUTSequence=[lut_item([0, 0, 16], list(range(65536)))])).vois[0]
    assert isinstance(lut, Lut)
    assert lut(np.array([0.0, 40000.0, 65535.0])).tolist() == [0, 40000, 65535]


def test_more_than_32767_entries_written_as_signed() -> None:
    item = lut_item([40000, 0, 16], list(range(40000)))
    item["LUTDescriptor"].value = MultiValue(int, [40000 - 65536, 0, 16])
    lut = rendering(header(VOILUTSequence=[item])).vois[0]
    assert isinstance(lut, Lut)
    assert len(lut.data) == 40000


@pytest.mark.parametrize(("signed", "first", "want"), [(1, 65526, -10), (1, -10, -10), (0, 65526, 65526)])
def test_first_mapped_value_has_the_sign_of_the_pixels(signed: int, first: int, want: int) -> None:
    data = header(PixelRepresentation=signed, ModalityLUTSequence=[lut_item([2, first, 16], [1, 2])])
    modality = rendering(data).modality
    assert isinstance(modality, Lut)
    assert modality.first == want


def test_first_mapped_value_of_a_voi_lut_has_the_sign_of_the_modality_values() -> None:
    data = header(RescaleSlope=1, RescaleIntercept=-1000, VOILUTSequence=[lut_item([2, 65526, 16], [1, 2])])
    lut = rendering(data).vois[0]
    assert isinstance(lut, Lut)
    assert lut.first == -10


@pytest.mark.parametrize(
    ("values", "vr", "big_endian"),
    [
        (bytes([1, 2, 3, 4]), "OW", False),
        (bytes([2, 1, 4, 3]), "OW", True),
        ([0x0201, 0x0403], "US", False),
        (bytes([1, 0, 2, 0, 3, 0, 4, 0]), "OW", False),
        (bytes([0, 1, 0, 2, 0, 3, 0, 4]), "OW", True),
        ([1, 2, 3, 4], "US", False),
    ],
    ids=["packed", "packed big endian", "packed words", "unpacked", "unpacked big endian", "unpacked words"],
)
def test_8_bit_lut_data_packed_or_not(values: Any, vr: str, big_endian: bool) -> None:
    data = header(VOILUTSequence=[lut_item([4, 0, 8], values, vr)])
    lut = rendering(data, big_endian=big_endian).vois[0]
    assert isinstance(lut, Lut)
    assert lut.data.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(lut.stretched(np.array([3.0])), 4 / 255 * 65535)


def test_short_lut_is_refused() -> None:
    with pytest.raises(MammoError, match="2 of its 3 entries"):
        rendering(header(VOILUTSequence=[lut_item([3, 0, 16], [1, 2])]))


def test_lut_of_more_bits_than_declared() -> None:
    lut = rendering(header(VOILUTSequence=[lut_item([2, 0, 8], [0, 4095])])).vois[0]
    assert isinstance(lut, Lut)
    assert lut.stretched(np.array([1.0])).tolist() == [65535]


@pytest.mark.parametrize(
    ("signed", "value", "limit", "want"),
    [
        (0, 0, None, (0, 0)),
        (0, 30, 0, (0, 30)),
        (0, 65535, None, (65535, 65535)),
        (1, 63488, None, (-2048, -2048)),
        (1, -2048, -2000, (-2048, -2000)),
        (0, -1, None, (65535, 65535)),
    ],
)
def test_padding_range(signed: int, value: int, limit: int | None, want: tuple[int, int]) -> None:
    data = header(PixelRepresentation=signed)
    data.add_new("PixelPaddingValue", "SS" if value < 0 else "US", value)
    if limit is not None:
        data.add_new("PixelPaddingRangeLimit", "SS" if limit < 0 else "US", limit)
    assert rendering(data).padding == want


def test_padding_outside_the_stored_range_hides_no_pixel() -> None:
    data = header(PixelPaddingValue=65535, WindowCenter=2048, WindowWidth=4096)
    found = rendering(data)
    assert present(np.array([4095.0]), found, choose(found, "first"))[0] == 65535


def test_inverse_presentation_shape_does_not_invert_twice() -> None:
    for shape in ("INVERSE", "IDENTITY"):
        assert rendering(header(PhotometricInterpretation="MONOCHROME1", PresentationLUTShape=shape)).inverse
        assert not rendering(header(PresentationLUTShape=shape)).inverse


def test_rescale_and_its_odd_values() -> None:
    assert rendering(header(RescaleSlope=2, RescaleIntercept=-1)).modality == Linear(2, -1)
    assert rendering(header(RescaleSlope=0)).modality == Linear(1, 0)
    assert rendering(header()).modality == Linear(1, 0)


def test_rescale_that_cannot_be_read_is_not_taken_for_absent() -> None:
    data = header()
    data.add_new("RescaleSlope", "LO", "steep")
    with pytest.raises(ValueError, match="steep"):
        rendering(data)


@pytest.mark.parametrize(
    ("elements", "bits", "high_bit"),
    [({}, 12, 11), ({"HighBit": 15}, 12, 15), ({"HighBit": 3}, 12, 11), ({"BitsStored": 99, "HighBit": 98}, 16, 15)],
)
def test_impossible_layout_gives_way_to_bits_allocated(elements: dict[str, int], bits: int, high_bit: int) -> None:
    words = stored_words(header(**elements))
    assert (words.bits, words.high_bit) == (bits, high_bit)
