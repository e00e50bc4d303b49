from __future__ import annotations

import pytest
from pydicom.encaps import encapsulate

from mammo_monai.dicom.encapsulation import frame_bytes
from mammo_monai.errors import MammoError

# Two frames that look like JPEG, of lengths that fragments do not divide evenly.
FRAMES = [b"\xff\xd8\xff" + bytes([n]) * (39 + 2 * n) + b"\xff\xd9" for n in (1, 2)]


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize("index", [0, 1])
def test_frames_come_whole(table: bool, fragments: int, index: int) -> None:
    data = encapsulate(FRAMES, fragments_per_frame=fragments, has_bot=table) + b"\xfe\xff\xdd\xe0\0\0\0\0"
    assert frame_bytes(data, 2, index).rstrip(b"\0") == FRAMES[index]


@pytest.mark.parametrize("table", [True, False])
def test_frames_of_no_known_codestream_are_one_fragment_each(table: bool) -> None:
    """RLE frames (PS3.5 A.4.2), which begin with a count of segments."""
    frames = [b"\1\0\0\0" + bytes([n]) * 60 for n in (1, 2)]
    assert frame_bytes(encapsulate(frames, has_bot=table), 2, 1) == frames[1]


def test_one_frame_of_many_fragments_without_table() -> None:
    data = encapsulate(FRAMES[:1], fragments_per_frame=5, has_bot=False)
    assert frame_bytes(data, 1).rstrip(b"\0") == FRAMES[0]


def test_cut_item_and_missing_frame_are_truncated() -> None:
    data = encapsulate(FRAMES)
    for short in (data[:-1], data[:30], data[:24]):
        with pytest.raises(MammoError) as error:
            frame_bytes(short, 2, 1)
        assert error.value.reason == "truncated-pixels"
    with pytest.raises(MammoError, match="1 of 2 frames"):
        frame_bytes(encapsulate(FRAMES[:1]), 2, 1)


@pytest.mark.parametrize("data", [b"", b"\0" * 40, b"\xfe\xff\xdd\xe0\0\0\0\0"])
def test_no_items_are_unreadable(data: bytes) -> None:
    with pytest.raises(MammoError) as error:
        frame_bytes(data, 1)
    assert error.value.reason == "unreadable"


def test_garbage_after_an_item_is_unreadable() -> None:
    with pytest.raises(MammoError) as error:
        frame_bytes(encapsulate(FRAMES) + b"garbage!", 2)
    assert error.value.reason == "unreadable"
