from __future__ import annotations

import json
from pathlib import Path

import pytest

from mammo_monai import cli
from mammo_monai.datasets import labels
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError

# BI-RADS -> class of each map, as the papers say; None is left out.
EXPECTED = {
    "birads3": {"0": "045", "1": "1", "2": "23", "3": "23", "4": "045", "4A": "045", "5": "045", "6": None},
    "birads_screening": {"0": "0", "1": "1", "2": "2", "3": "0", "4": "0", "4C": "0", "5": "0", "6": None},
    "birads5": {"0": None, "1": "1", "2": "2", "3": "3", "4": "4", "4B": "4", "5": "5", "6": None},
    "birads_suspicious": {"0": None, "1": "123", "2": "123", "3": "123", "4A": "45", "4": "45", "5": "45", "6": None},
}
CLASSES = {
    "birads3": ("045", "1", "23"),
    "birads_screening": ("0", "1", "2"),
    "birads5": ("1", "2", "3", "4", "5"),
    "birads_suspicious": ("123", "45"),
    "mias3": ("045", "1", "23"),
    "lesion5": ("normal", "benign calcification", "benign mass", "malignant calcification", "malignant mass"),
    "benign_malignant": ("benign", "malignant"),
    "normal_abnormal": ("normal", "abnormal"),
    "density": ("A", "B", "C", "D"),
    "density_binary": ("not dense", "dense"),
}


def record(**values: str) -> Record:
    return Record("i.png", "p", "e", **values)  # type: ignore[arg-type]


def test_maps_are_the_files_of_their_folder() -> None:
    assert set(CLASSES) == set(labels.names())


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


def test_lesion_or_not() -> None:
    """A lesion's pathology decides; a normal film is no benign lesion, and unknown is no class."""
    pathologies = (None, "normal", "benign", "malignant")
    found = {
        name: [labels.load(name).label(record(pathology=p) if p else record()) for p in pathologies]
        for name in ("benign_malignant", "normal_abnormal")
    }
    assert found == {
        "benign_malignant": [None, None, "benign", "malignant"],
        "normal_abnormal": [None, "normal", "abnormal", "abnormal"],
    }
    assert (
        labels.load("benign_malignant").why_not(record(pathology="normal"))
        == "pathology-normal-not-in-benign_malignant"
    )


def test_density() -> None:
    assert [labels.load("density").label(record(density=d)) for d in "ABCD"] == list("ABCD")
    halves = [labels.load("density_binary").label(record(density=d)) for d in "ABCD"]
    assert halves == ["not dense", "not dense", "dense", "dense"]
    assert all(labels.load(name).label(record()) is None for name in ("density", "density_binary"))


def test_five_lesion_classes_are_read_from_records_of_findings() -> None:
    """Order of the patch classifier of the DDSM study: normal, benign calcification, benign mass, malignant ..."""
    label_map = labels.load("lesion5")

    def of(kind: str) -> Record:
        return Record("i.png", "p", "e", pathology="malignant", extra={"finding_class": kind})

    for name in CLASSES["lesion5"]:
        assert label_map.label(of(name)) == name
    for other in ("", "mass", "malignant other:asymmetry", "benign mass and calcification", "benign", "Normal"):
        assert label_map.label(of(other)) is None
    assert label_map.label(record(pathology="benign")) is None  # a whole image has no kind of finding
    assert label_map.why_not(record(pathology="benign")) == "finding_class-unknown"


@pytest.mark.parametrize("name", labels.names())
def test_unknown_never_becomes_a_class(name: str) -> None:
    label_map = labels.load(name)
    assert label_map.label(record()) is None
    spellings = {"", "unknown", "none", "nan", "na", "n/a", "null", "?"}
    assert not spellings & {value.lower() for value in label_map.map}


@pytest.mark.parametrize("name", labels.names())
def test_the_list_says_what_every_class_is_made_of(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["labels"]) == 0
    label_map = labels.load(name)
    _, _, printed = capsys.readouterr().out.partition(f"{name}: classes {', '.join(label_map.classes)} from ")
    lines = [line.split() for line in printed.split("\n\n")[0].splitlines()]
    assert lines[0] == [label_map.source_field]
    for value, mapped in label_map.map.items():
        made_of = next(" ".join(line) for line in lines if " ".join(line).startswith(f"{mapped} <- "))
        assert value in made_of.partition(" <- ")[2].split(", ")
    assert " ".join(" ".join(line) for line in lines).endswith(label_map.note)


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
    with pytest.raises(MammoError, match="no label map 'birads4'; choose one of benign_malignant, birads3"):
        labels.load("birads4")
    with pytest.raises(MammoError, match="cannot be read"):
        labels.load(str(tmp_path / "nowhere.json"))
    (tmp_path / "bad.json").write_text("[" * 100_000)
    with pytest.raises(MammoError, match="cannot be read"):
        labels.load(str(tmp_path / "bad.json"))
