from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.errors import MammoError
from mammo_monai.readings.table import Readings, read_readings

LONG = """image,patient,reader,birads,density,mood
a.png,p1,anna,BI-RADS 2,C,good
a.png,p1,ben,2,density c,bad
b.png,p2,anna,4a,B,good
b.png,p2,ben,,D,good
"""
WIDE = """image,patient,birads_anna,birads_ben,density_anna,density_ben,mood
a.png,p1,BI-RADS 2,2,C,density c,good
b.png,p2,4a,,B,D,good
"""
SAID = {
    "a.png": {"birads": {"anna": "2", "ben": "2"}, "density": {"anna": "C", "ben": "C"}},
    "b.png": {"birads": {"anna": "4A"}, "density": {"anna": "B", "ben": "D"}},
}


def read(tmp_path: Path, text: str | bytes, **options: object) -> Readings:
    file = tmp_path / "readings.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_readings(file, **options)  # type: ignore[arg-type]


def said(readings: Readings) -> dict[str, dict[str, dict[str, str]]]:
    return {
        case.name: {
            label: {reader: reading.value for reader, reading in by.items()} for label, by in case.readings.items()
        }
        for case in readings.cases
    }


@pytest.mark.parametrize("text", [LONG, WIDE])
def test_both_forms_say_the_same(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert said(found) == SAID
    assert [case.identity for case in found.cases] == [
        {"image": "a.png", "patient": "p1"},
        {"image": "b.png", "patient": "p2"},
    ]
    assert found.readers == ("anna", "ben") and found.labels == ("birads", "density")
    assert found.identity == ("image", "patient") and found.dropped == ("mood",) and found.repeated == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str) -> None:
    text = LONG.replace("anna", "Änna").replace(",", ";").replace("\n", "\r\n")
    assert read(tmp_path, text.encode(encoding)).readers == ("ben", "Änna")


def test_columns_of_other_names_and_labels_of_your_own(tmp_path: Path) -> None:
    text = "film\tradiologist\tBI-RADS\tquality\nx\\a.png\t1\t3\tgood\nx/a.png\t2\t3\tpoor\n"
    columns = {"image": "film", "reader": "radiologist", "birads": "BI-RADS"}
    found = read(tmp_path, text, labels=["birads", "quality"], columns=columns)
    assert said(found) == {"x/a.png": {"birads": {"1": "3", "2": "3"}, "quality": {"1": "good", "2": "poor"}}}
    assert found.dropped == ()


def test_a_column_per_reader(tmp_path: Path) -> None:
    found = read(tmp_path, "exam,laterality,anna,ben\ne1,L,1,2\ne1,R,1,1\n", labels=["birads"], readers=["anna", "ben"])
    assert said(found) == {
        "e1 L": {"birads": {"anna": "1", "ben": "2"}},
        "e1 R": {"birads": {"anna": "1", "ben": "1"}},
    }


def test_a_label_that_begins_like_another(tmp_path: Path) -> None:
    text = "image,birads_anna,birads_ben,birads_left_anna,birads_left_ben\na,1,2,x,y\n"
    found = read(tmp_path, text, labels=["birads", "birads_left"])
    assert found.readers == ("anna", "ben")
    assert said(found)["a"]["birads_left"] == {"anna": "x", "ben": "y"}


def test_the_same_reading_twice_is_counted(tmp_path: Path) -> None:
    assert read(tmp_path, LONG + "a.png,p1,anna,2,C,\n").repeated == 2  # BI-RADS and density


def test_one_reader_may_say_one_thing_per_row(tmp_path: Path) -> None:
    text = "image,reader,birads,density\na,anna,1,\na,anna,,C\na,ben,1,C\n"
    found = read(tmp_path, text)
    assert said(found) == {"a": {"birads": {"anna": "1", "ben": "1"}, "density": {"anna": "C", "ben": "C"}}}
    assert found.repeated == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LONG + "a.png,p1,anna,3,C,\n", r"line 6: reader 'anna' says birads '3' of a\.png and '2' in line 2"),
        (WIDE + "a.png,p1,2,2,C,B,\n", r"line 4: reader 'ben' says density 'B' of a\.png and 'C' in line 2"),
        (LONG.replace("4a", "9"), r"line 4, column 'birads': expected a BI-RADS category .* found '9'"),
        (LONG.replace("density c", "E"), r"line 3, column 'density': expected a breast density"),
        (LONG.replace("a.png,p1,ben", "a.png,p7,ben"), r"line 3, column 'patient': expected 'p1' as in an earlier"),
        (LONG.replace("a.png,p1,ben", ",p1,ben"), r"line 3, column 'image': expected a value"),
        (LONG.replace("p1,ben", "p1,"), r"line 3, column 'reader': expected a value"),
        (LONG.replace("b.png,p2,ben", "b.png,p2,Ben"), "readers 'Ben' and 'ben'; spell one reader in one way"),
        (LONG.replace(",ben", ",anna").replace("density c", "C").replace(",,D", ",4A,B"), r"readings of 1 reader\(s\)"),
        (LONG.replace("image", "file").replace("patient", "who"), "no column 'image', 'exam' or 'patient'"),
        ("image,reader\na,anna\n", "no column 'birads' beside 'reader' and none such as 'birads_ANNA'"),
        ("image,birads\na,1\n", "no column 'birads' beside 'reader' and none such as 'birads_ANNA'"),
        ("image,reader,birads\na,anna\n", "line 2: 2 cells under a header of 3"),
        ("", "is empty"),
        (b"image\0", "NUL"),
    ],
)
def test_bad_tables_are_one_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(MammoError, match=message) as failure:
        read(tmp_path, text)
    assert "\n" not in str(failure.value) and "readings.csv" in str(failure.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["grade"]}, "no column 'grade'"),
        ({"labels": ["birads", "grade"]}, "no column 'grade'"),
        ({"columns": {"image": "film"}}, "no column 'film'"),
        ({"columns": {"colour": "film"}}, "no option --colour"),
        ({"readers": ["anna", "ben"]}, "name it with --labels"),
        ({"readers": ["anna", "ben"], "labels": ["birads"]}, "no column 'anna'"),
    ],
)
def test_columns_that_are_not_there(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(MammoError, match=message):
        read(tmp_path, LONG, **options)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, body: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_text("image,reader,birads\n" + body, encoding="utf-8", errors="replace", newline="")
    with contextlib.suppress(MammoError):
        read_readings(file)
