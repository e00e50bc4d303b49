from __future__ import annotations

import csv
import json
import threading

import pytest
from reading_page import readings as module
from reading_page.rater import reader_name
from reading_page.readings import Case, Readings

from mammo_monai.errors import MammoError
from mammo_monai.readings.table import read_readings


def case(image="a.dcm", birads="2", class_name="", exam="1.2", side="L"):
    return Case(image, "P1", exam, side, "CC", birads, class_name)


def save(table, *cases, reader="Anna", **options):
    given = {"read_as": "breast", "note": "", "seconds": 12.4, "bundle": "b 1", "weights": "ab", **options}
    return table.save(cases or [case()], reader=reader, **given)


def rows(table):
    with table.path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def table(tmp_path):
    return Readings(tmp_path / "readings.csv")


def test_a_row_says_who_read_what(table):
    save(table, note='spiculated; 8 mm\r\n"see US"')
    assert rows(table) == [
        {
            "image": "a.dcm", "patient": "P1", "exam": "1.2", "laterality": "L", "view": "CC", "reader": "Anna",
            "birads": "2", "class": "", "read_as": "breast", "note": 'spiculated; 8 mm\n"see US"', "seconds": "12",
            "ai": "not shown", "bundle": "", "weights": "", "saved": rows(table)[0]["saved"],
        }
    ]  # fmt: skip
    assert read_readings(table.path, at_least=1).cases[0].readings["birads"]["Anna"].value == "2"


def test_a_changed_reading_takes_the_place_of_the_first(table):
    save(table, case(), case("b.dcm"))
    save(table, case("other.dcm", exam="9"))
    save(table, case(birads="4A"), case("b.dcm", ""))
    assert [(row["image"], row["birads"]) for row in rows(table)] == [("other.dcm", "2"), ("a.dcm", "4A")]
    assert read_readings(table.path, at_least=1).repeated == 0
    events = [json.loads(line) for line in table.journal.read_text().split("\n") if line]
    assert [[row["birads"] for row in event["rows"]] for event in events] == [["2", "2"], ["2"], ["4A"]]


def test_an_aided_reading_is_another_rater(table):
    save(table)
    table.note_shown("P1", "1.2", "anna")
    save(table, case(birads="5"))
    assert [(row["reader"], row["birads"], row["ai"], row["weights"]) for row in rows(table)] == [
        ("Anna", "2", "not shown", ""), ("Anna with AI", "5", "shown", "ab"),
    ]  # fmt: skip
    assert [row["birads"] for row in table.of("P1", "1.2", "ANNA")] == ["5"]
    save(table, case(exam="another"))
    assert rows(table)[-1]["ai"] == "not shown"
    save(table, reader="Bert")
    assert rows(table)[-1]["reader"] == "Bert"
    table.note_shown("P1", "1.2", "")  # to whom nobody knows: it may have been anyone
    save(table, reader="Carla")
    assert rows(table)[-1]["reader"] == "Carla with AI"


def test_what_was_shown_is_known_after_a_restart(table):
    table.note_shown("P1", "1.2", "Anna")
    with table.journal.open("ab") as file:
        file.write(b'{"event": "result sho')  # a crash
    again = Readings(table.path)
    assert again.shown("P1", "1.2", "Anna") and not again.shown("P1", "1.2", "Bert")
    again.note_shown("P1", "1.2", "Bert")
    assert Readings(table.path).shown("P1", "1.2", "Bert")


@pytest.mark.parametrize("name", ["", "  ", "model", "NA", "unknown", "x" * 61, "Anna with AI", "None"])
def test_names_that_tables_use_otherwise(table, name):
    with pytest.raises(MammoError) as caught:
        save(table, reader=name)
    assert caught.value.reason == "bad-reader" and rows(table) == []


def test_one_reader_has_one_spelling(table):
    save(table, reader="Nguyễn  Thị Hà")
    save(table, case("c.dcm"), reader="nguye\u0302\u0303n thị hà")
    assert {row["reader"] for row in rows(table)} == {"Nguyễn Thị Hà"}
    assert reader_name(" a\tb\0 ") == "a b"


def test_hostile_texts_leave_a_table_that_can_be_read(table):
    hostile = Case("ab\udcff\n.dcm", "P\0'; --", "=1+1", "", "", "1", "")
    save(table, hostile, note="\0\x1b[31m\ud800 a,b;c\t\"'\r\r\n")
    save(table, hostile, note="x")
    assert len(rows(table)) == 1
    assert read_readings(table.path, at_least=1).readers == ("Anna",)


def test_nothing_was_read(table):
    with pytest.raises(MammoError, match="category"):
        save(table, case(birads=""))
    assert rows(table) == []


def test_many_at_once_lose_nothing(tmp_path):
    tables = [Readings(tmp_path / "readings.csv") for _ in range(4)]
    work = [threading.Thread(target=save, args=(tables[n % 4], case(f"{n}.dcm", exam=str(n)))) for n in range(24)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert sorted(int(row["exam"]) for row in rows(tables[0])) == list(range(24))


def test_a_crash_while_writing_leaves_the_old_table(table, monkeypatch):
    save(table)
    before = table.path.read_bytes()

    def crash(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", crash)
    with pytest.raises(MammoError, match="No space left"):
        save(table, case(birads="5"))
    assert table.path.read_bytes() == before
    assert [path.name for path in table.path.parent.iterdir() if path.suffix == ".tmp"] == []


def test_another_table_is_left_alone(tmp_path):
    path = tmp_path / "truth.csv"
    path.write_text("image,birads\na.dcm,2\n")
    with pytest.raises(MammoError) as caught:
        Readings(path)
    assert caught.value.reason == "missing-column" and path.read_text() == "image,birads\na.dcm,2\n"
    (tmp_path / "file").write_text("x")
    with pytest.raises(MammoError) as caught:
        Readings(tmp_path / "file" / "readings.csv")
    assert caught.value.reason == "not-writable"
