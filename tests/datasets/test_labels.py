from __future__ import annotations

import json
from pathlib import Path

import pytest

from mammo_monai.datasets import labels
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError

# BI-RADS -> class of each map, as the papers say; None is left out.
EXPECTED = {
    "birads3": {"0": "045", "1": "1", "2": "23", "3": "23", "4": "045", "4A": "045", "5": "045", "6": None},
    "birads_screening": {"0": "0", "1": "1", "2": "2", "3": "0", "4": "0", "4C": "0", "5": "0", "6": None},
    "birads5": {"0": None, "1": "1", "2": "2", "3": "3", "4": "4", "4B": "4", "5": "5", "6": None},
}
CLASSES = {
    "birads3": ("045", "1", "23"),
    "birads_screening": ("0", "1", "2"),
    "birads5": ("1", "2", "3", "4", "5"),
    "mias3": ("045", "1", "23"),
}


def record(**values: str) -> Record:
    return Record("i.png", "p", "e", **values)  # type: ignore[arg-type]


def test_maps_are_the_files_of_their_folder() -> None:
    assert set(CLASSES) <= set(labels.names())


@pytest.mark.parametrize("name", CLASSES)
def test_class_order(name: str) -> None:
    assert labels.load(name).classes == CLASSES[name]
    assert labels.load(name).name == name


@pytest.mark.parametrize("name", EXPECTED)
def test_birads(name: str) -> None:
    label_map = labels.load(name)
    assert {value: label_map.label(record(birads=value)) for value in EXPECTED[name]} == EXPECTED[name]
    assert label_map.label(record()) is None
    assert label_map.why_not(record()) == "birads-unknown"
    assert label_map.why_not(record(birads="6")) == f"birads-6-not-in-{name}"


def test_pathology() -> None:
    label_map = labels.load("mias3")
    assert [label_map.label(record(pathology=p)) for p in ("malignant", "normal", "benign")] == [
        "045",
        "1",
        "23",
    ]
    assert label_map.label(record(birads="4")) is None
    assert "stand-in" in label_map.note.lower()


@pytest.mark.parametrize("name", labels.names())
def test_every_note_says_what_becomes_of_the_odd_values(name: str) -> None:
    note = labels.load(name).note
    assert all(word in note for word in ("0", "6", "4A-4C", "unknown"))


def own(tmp_path: Path, **changes: object) -> str:
    content = {
        "name": "own",
        "source_field": "grade",
        "classes": ["a", "b"],
        "map": {"1": "a", "2": "b"},
        "note": "",
    }
    file = tmp_path / "own.json"
    file.write_text(json.dumps({**content, **changes}))
    return str(file)


def test_a_map_of_your_own_over_a_further_column(tmp_path: Path) -> None:
    label_map = labels.load(own(tmp_path))
    graded = Record("i.png", "p", "e", extra={"grade": "2"})
    assert label_map.label(graded) == "b"
    assert label_map.label(record()) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ["a"]},
        {"classes": ["a", "a"]},
        {"classes": ["a", "b", "c"]},
        {"map": {"1": "a", "2": "x"}},
        {"map": ["a"]},
        {"classes": [1, 2], "map": {"1": 1, "2": 2}},
        {"classes": "ab"},
        {"surplus": 1},
        {"note": 3},
    ],
)
def test_a_spoiled_map(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(MammoError, match=r"own\.json: "):
        labels.load(own(tmp_path, **changes))


def test_no_such_map(tmp_path: Path) -> None:
    with pytest.raises(MammoError, match="no label map 'birads4'; choose one of birads3"):
        labels.load("birads4")
    with pytest.raises(MammoError, match="cannot be read"):
        labels.load(str(tmp_path / "nowhere.json"))
    (tmp_path / "bad.json").write_text("[" * 100_000)
    with pytest.raises(MammoError, match="cannot be read"):
        labels.load(str(tmp_path / "bad.json"))
