from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mammo_monai.datasets import datalist, values
from mammo_monai.datasets.adapters import cmmd, mini_mias, rsna, table, vindr
from mammo_monai.datasets.tables import read_table, rows_by
from mammo_monai.errors import MammoError

HEADERS = (
    b"image,patient,birads,split\n",
    b"mdb001 G CIRC B 1 2 3\n",
    b"ID1,LeftRight,Age,abnormality,classification,subtype\n",
    b"\xff\xfe",
    b"PK\x03\x04",
    b"",
)
TABLES = (
    "Info.txt",
    "t.csv",
    "breast-level_annotations.csv",
    "finding_annotations.csv",
    "metadata.csv",
    "train.csv",
    "CMMD_clinicaldata_revision.csv",
)
BYTES = st.binary(max_size=200) | st.text("mdb0129 GBM,;\"'\n\r\t[]", max_size=200).map(str.encode)


@given(st.sampled_from(HEADERS), BYTES)
@example(b"image,patient\n", b'"\r')
@example(b"", b",\n\n")
@example(b"", b'"unclosed')
def test_any_bytes_give_records_or_one_line(head: bytes, tail: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in TABLES:
            (root / name).write_bytes(head + tail)
        for read in (
            mini_mias.records,
            vindr.records,
            rsna.records,
            cmmd.records,
            lambda root: table.records(root, "t.csv"),
            datalist_of,
        ):
            try:
                read(root)
            except MammoError as error:
                assert folder in str(error)
                assert "\n" not in str(error).replace(folder, "")


def datalist_of(root: Path) -> object:
    return datalist.read(root / "t.csv")


def test_line_numbers_count_lines_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n1,"two\nlines"\n\n3,4\n')
    rows = read_table(tmp_path / "t.csv")
    assert [row.line for row in rows] == [3, 5]
    assert rows[0].cells == {"a": "1", "b": "two\nlines"}


def test_the_header_is_the_first_line_that_says_something(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\n  \na;b\n1;2\n")
    (row,) = read_table(tmp_path / "t.csv", ["a", "b"])
    assert (row.line, row.cells) == (4, {"a": "1", "b": "2"})


def test_two_rows_of_one_identity_are_named_unless_they_agree(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,side,x\na,L,1\na,R,2\na,left,1\n")
    rows = read_table(tmp_path / "t.csv")
    found = rows_by(rows[:2], {"id": str, "side": values.laterality})
    assert {key: row.line for key, row in found.items()} == {("a", "L"): 2, ("a", "R"): 3}
    with pytest.raises(MammoError, match=r"t\.csv, line 4: a L stands in line 2 already, with other values"):
        rows_by(rows, {"id": str, "side": values.laterality})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    (tmp_path / "t.csv").write_text(f'"a, really"{delimiter}b\n1{delimiter}2\n')
    assert read_table(tmp_path / "t.csv")[0].cells == {"a, really": "1", "b": "2"}


@pytest.mark.parametrize(
    ("parse", "spellings"),
    [
        (values.birads, {"0": "0", "BI-RADS 4": "4", "4a": "4A", "birads_5": "5", "3.0": "3", "BIRADS: 4C": "4C"}),
        (values.density, {"DENSITY D": "D", "a": "A", "1": "A", "4.0": "D"}),
        (values.laterality, {"LEFT": "L", "r": "R"}),
        (values.pathology, {"MALIGNANT": "malignant", "BENIGN_WITHOUT_CALLBACK": "benign", "Normal": "normal"}),
        (values.age, {"053Y": "53", "53": "53", "67.0": "67", "640M": "53", "000Y": "", "0": ""}),
        (values.flag, {"0": "0", "1.0": "1", "True": "1", "FALSE": "0"}),
        (values.section, {"Training": "training", "test": "test"}),
    ],
)
def test_spellings(parse, spellings) -> None:
    assert {text: parse(text) for text in spellings} == spellings


@pytest.mark.parametrize(
    ("parse", "texts"),
    [
        (values.birads, ["7", "44", "4D", "2.5", "045"]),
        (values.density, ["E", "5", "0"]),
        (values.laterality, ["B"]),
        (values.pathology, ["positive"]),
        (values.age, ["old", "-3", "1953Y", "53Z"]),
        (values.flag, ["2", "yes"]),
        (values.section, ["train"]),
        (values.number, ["nan", "1.2.3", "1,5"]),
        (values.names, ["[]", "('a',)", "['a'] * 9", "['a', 1]"]),
    ],
)
def test_no_guess(parse, texts: list[str]) -> None:
    for text in texts:
        with pytest.raises(ValueError, match=r"^a |^0 or 1$|^an age"):
            parse(text)
