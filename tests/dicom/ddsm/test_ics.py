from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.dicom.ddsm.ics import read_ics
from mammo_monai.errors import MammoError

# The sample of USF's page "Description of a case".
PUBLISHED = """ics_version 1.0
filename B-3024-1
DATE_OF_STUDY 2 7 1995
PATIENT_AGE 42
FILM 
FILM_TYPE REGULAR
DENSITY 4
DATE_DIGITIZED 7 22 1997 
DIGITIZER LUMISYS
SELECTED
LEFT_CC LINES 4696 PIXELS_PER_LINE 3024 BITS_PER_PIXEL 12 RESOLUTION 50 OVERLAY
LEFT_MLO LINES 4688 PIXELS_PER_LINE 3048 BITS_PER_PIXEL 12 RESOLUTION 50 OVERLAY
RIGHT_CC LINES 4624 PIXELS_PER_LINE 3056 BITS_PER_PIXEL 12 RESOLUTION 50 OVERLAY
RIGHT_MLO LINES 4664 PIXELS_PER_LINE 3120 BITS_PER_PIXEL 12 RESOLUTION 50 NON_OVERLAY
"""  # noqa: W291


def write(folder: Path, text: str = PUBLISHED, name: str = "B-3024-1.ics") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["B-3024-1.ics", "B-3024-1.ics.gz", "b-3024-1.ICS", "B_3024_1.ics"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_published_sample(tmp_path: Path, name: str, ending: str) -> None:
    case = read_ics(write(tmp_path, PUBLISHED.replace("\n", ending), name))
    assert (case.letter, case.patient, case.exam) == ("B", "B-3024", "B-3024-1")
    assert (case.age, case.density, case.digitizer) == ("42", "4", "LUMISYS")
    assert list(case.films) == ["LEFT_CC", "LEFT_MLO", "RIGHT_CC", "RIGHT_MLO"]
    film = case.films["RIGHT_MLO"]
    assert (film.lines, film.pixels_per_line, film.bits, film.resolution) == (4664, 3120, 12, "50")
    assert (film.laterality, film.view, film.overlay, film.line) == ("R", "MLO", False, 14)
    assert case.films["LEFT_CC"].overlay


@pytest.mark.parametrize("value", ["", "0", "N/A"])
def test_unknown_is_unknown(tmp_path: Path, value: str) -> None:
    text = PUBLISHED.replace("DENSITY 4", f"DENSITY {value}").replace("PATIENT_AGE 42", f"PATIENT_AGE {value}")
    case = read_ics(write(tmp_path, text))
    assert case.density is None and case.age == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("LEFT_CC LINES 4696", "LEFT_CC LINES x", "line 11: expected 'SIDE_VIEW LINES n"),
        ("LEFT_CC LINES 4696", "LEFT_CC LINES 0", "line 11"),
        ("BITS_PER_PIXEL 12 RESOLUTION 50 NON_OVERLAY", "", "line 14"),
        ("LEFT_MLO", "LEFT_CC", "line 12: LEFT_CC stands there twice"),
        ("DENSITY 4", "DENSITY 7", "DENSITY is '7', expected a density from 1 to 4"),
        ("PATIENT_AGE 42", "PATIENT_AGE forty", "PATIENT_AGE is 'FORTY'"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(MammoError) as caught:
        read_ics(write(tmp_path, PUBLISHED.replace(old, new, 1)))
    assert said in str(caught.value) and "B-3024-1.ics" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("B-3024-1.ics", b"", "is empty"),
        ("B-3024-1.ics", b"a\0b", "is not text"),
        ("B-3024-1.ics", b"<html>404 not found</html>", "lists no film"),
        ("B-3024-1.ics.gz", gzip.compress(PUBLISHED.encode(), mtime=0)[:40], "gzip data breaks off"),
        ("case.ics", PUBLISHED.encode(), "expected the name of a case"),
    ],
)
def test_what_is_no_header_is_named(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(MammoError) as caught:
        read_ics(tmp_path / name)
    assert said in str(caught.value) and name in str(caught.value) and "\n" not in str(caught.value)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    (tmp_path / "B-3024-1.ics.gz").write_bytes(gzip.compress(b" " * 90_000_000, 1))
    tracemalloc.start()
    try:
        with pytest.raises(MammoError, match="more than 16000000 bytes"):
            read_ics(tmp_path / "B-3024-1.ics.gz")
        assert tracemalloc.get_traced_memory()[1] < 45_000_000  # not unpacked to its end
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=300))
def test_any_bytes_give_a_case_or_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("ics") / "A-0001-1.ics"
    path.write_bytes(data)
    with pytest.raises(MammoError) as caught:
        read_ics(path)
    assert "\n" not in str(caught.value)
