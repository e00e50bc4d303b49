from __future__ import annotations

import datetime
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.datasets import workbooks
from mammo_monai.datasets.tables import read_table
from mammo_monai.errors import MammoError


def save(path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("notes").append(["another sheet"])
    book.save(path)
    return path


def test_cells_are_text(tmp_path: Path) -> None:
    rows = (
        [None, None],
        ["a", "b ", "c", "d"],
        [1.0, 2.5, "045", datetime.date(2020, 1, 2)],
        [],
        [None, "x", None, True],
    )
    first, second = read_table(save(tmp_path / "t.xlsx", *rows))
    assert first.cells == {"a": "1", "b": "2.5", "c": "045", "d": "2020-01-02 00:00:00"}
    assert second.cells == {"a": "", "b": "x", "c": "", "d": "True"}
    assert (first.line, second.line) == (3, 5)


def test_a_workbook_is_told_by_content(tmp_path: Path) -> None:
    save(tmp_path / "t.xlsx", ["a"], ["1"]).rename(tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv")[0].cells == {"a": "1"}


def test_an_archive_that_is_none_or_unfolds_too_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(MammoError, match=r"t\.xlsx: not a readable workbook"):
        read_table(path)
    save(path, ["a"], ["1"])
    monkeypatch.setattr(workbooks, "MOST_UNZIPPED", 100)
    with pytest.raises(MammoError, match="unfolds to more than a table needs"):
        read_table(path)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_workbook_gives_rows_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    if not path.exists():
        save(path, ["a", "b"], ["1", "2"])
    data = bytearray(path.read_bytes())
    data[4 + at % (len(data) - 4)] = byte
    spoiled = path.with_suffix(".bad")
    spoiled.write_bytes(data)
    try:
        read_table(spoiled)
    except MammoError as error:
        assert "damaged.bad" in str(error) and "\n" not in str(error)
