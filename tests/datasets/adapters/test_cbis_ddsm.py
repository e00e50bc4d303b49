from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mammo_monai.datasets import adapters
from mammo_monai.datasets.counts import count
from mammo_monai.datasets.records import Record
from mammo_monai.errors import MammoError
from mammo_monai.phantom import write_phantoms

FULL, CROP, MASK = "image file path", "cropped image file path", "ROI mask file path"
PLACE = ("left or right breast", "image view", "abnormality id", "abnormality type")
LEXICON = {"mass": ("mass shape", "mass margins"), "calc": ("calc type", "calc distribution")}
DENSITY = {"mass": "breast_density", "calc": "breast density"}
OFFICIAL = {"train": "training", "test": "test"}
TABLES = [(kind, part) for kind in ("mass", "calc") for part in ("train", "test")]
Row = dict[str, str]


def table_name(kind: str, part: str) -> str:
    return f"{kind}_case_description_{part}_set.csv"


class Tables:
    """The four tables as lists of rows, made up, so that a test may spoil one before it writes them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rows: dict[tuple[str, str], list[Row]] = {table: [] for table in TABLES}
        for number, (kind, part) in enumerate(TABLES, 1):
            self.add(kind, part, f"P_{number:05d}", "LEFT", "CC")

    def add(self, kind: str, part: str, patient: str, side: str, view: str, number: str = "1", **cells: str) -> Row:
        name = f"{kind.capitalize()}-{'Test' if part == 'test' else 'Training'}_{patient}_{side}_{view}"
        row = {
            "patient_id": patient,
            DENSITY[kind]: "2",
            **dict(zip(PLACE, (side, view, number, {"calc": "calcification"}.get(kind, kind)), strict=True)),
            **dict.fromkeys(LEXICON[kind], "N/A"),
            "assessment": "4",
            "pathology": "BENIGN",
            "subtlety": "3",
            FULL: f"{name}/1.2.3/4.5.6/000000.dcm",
            CROP: f"{name}_{number}/1.2.7/4.5.8/000001.dcm" + "\n" * (kind == "calc"),
            MASK: f"{name}_{number}/1.2.7/4.5.8/000000.dcm" + "\n" * (kind == "mass"),
            **cells,
        }
        self.rows[kind, part].append(row)
        return row

    def write(self, folder: str = "") -> Path:
        for (kind, part), rows in self.rows.items():
            path = self.root / folder / table_name(kind, part)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows(rows)
        return self.root


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path)


def read(root: Path, **options: str) -> dict[tuple[str, str | None, str | None], Record]:
    return {(r.patient, r.laterality, r.view): r for r in adapters.read("cbis_ddsm", root, **options)}


def test_a_row_is_an_image_with_one_finding(tables: Tables) -> None:
    row = tables.add(
        "mass",
        "train",
        "P_00009",
        "RIGHT",
        "MLO",
        **{"mass shape": "OVAL", "assessment": "5", "pathology": "MALIGNANT"},
    )
    record = read(tables.write("tables"))["P_00009", "R", "MLO"]
    assert record.image == row[FULL]
    assert (record.exam, record.birads, record.pathology, record.density) == ("P_00009", "5", "malignant", "B")
    assert record.split == "training" and record.notes == ()
    assert record.others == (row[CROP], row[MASK].strip())
    (finding,) = record.findings
    assert finding.categories == ("mass",) and (finding.birads, finding.pathology) == ("5", "malignant")
    assert finding.mask is None and finding.box is None  # which of the two files it is, only their content tells
    assert record.extra == {"abnormality id": "1", "mass shape": "OVAL", "mass margins": "N/A", "subtlety": "3"}
    assert record.source == "mass_case_description_train_set.csv:5"


def test_an_image_is_as_bad_as_the_worst_of_both_kinds(tables: Tables) -> None:
    tables.add("mass", "train", "P_00001", "LEFT", "CC", "2", assessment="0", pathology="BENIGN_WITHOUT_CALLBACK")
    tables.add("mass", "train", "P_00001", "LEFT", "CC", "3", assessment="2")
    tables.add(
        "calc", "train", "P_00001", "LEFT", "CC", assessment="3", pathology="MALIGNANT", **{"calc type": "COARSE"}
    )
    tables.write()
    record = read(tables.root)["P_00001", "L", "CC"]
    assert (record.pathology, record.birads) == ("malignant", "4")
    assert [finding.categories for finding in record.findings] == [("mass",)] * 3 + [("calcification",)]
    assert [finding.pathology for finding in record.findings] == ["benign"] * 3 + ["malignant"]
    assert [finding.birads for finding in record.findings] == ["4", "0", "2", "3"]
    assert record.extra["abnormality id"] == "1 | 2 | 3 | 1" and record.extra["calc type"] == " |  |  | COARSE"
    assert record.image.startswith("Mass-Training") and record.others[0].startswith("Calc-Training_P_00001_LEFT_CC/")
    alone = read(tables.root, kind="mass")["P_00001", "L", "CC"]
    assert (alone.pathology, len(alone.findings)) == ("benign", 3)
    assert read(tables.root, kind="calc")["P_00001", "L", "CC"].image.startswith("Calc-Training")


@pytest.mark.parametrize(("assessments", "worst"), [("40", "4"), ("03", "0"), ("21", "2"), ("354", "5")])
def test_assessments_have_the_order_of_suspicion(tables: Tables, assessments: str, worst: str) -> None:
    for number, assessment in enumerate(assessments):
        tables.add("calc", "test", "P_00008", "LEFT", "CC", str(number + 1), assessment=assessment)
    assert read(tables.write())["P_00008", "L", "CC"].birads == worst


def test_an_image_in_train_and_test_tables_is_test_and_its_patient_is_noted(tables: Tables) -> None:
    tables.add("calc", "test", "P_00001", "LEFT", "CC")
    tables.add("mass", "train", "P_00001", "LEFT", "MLO")
    found = read(tables.write())
    image, other = found["P_00001", "L", "CC"], found["P_00001", "L", "MLO"]
    assert image.split == "test" and other.split == "training"
    assert image.notes == ("in-official-training-and-test", "patient-in-official-training-and-test")
    assert other.notes == ("patient-in-official-training-and-test",)
    assert all(record.notes == () for (patient, _, _), record in found.items() if patient != "P_00001")
    assert all(record.notes == () for record in read(tables.root, kind="mass").values())


def test_densities_that_are_unknown_or_differ(tables: Tables) -> None:
    tables.add("calc", "train", "P_00001", "LEFT", "CC", **{"breast density": "4"})
    tables.add("calc", "train", "P_00007", "LEFT", "CC", **{"breast density": "0"})
    tables.add("calc", "train", "P_00007", "LEFT", "CC", "2", **{"breast density": "1"})
    found = read(tables.write())
    assert found["P_00001", "L", "CC"].density is None and found["P_00001", "L", "CC"].notes == ("densities-differ",)
    assert found["P_00007", "L", "CC"].density == "A" and found["P_00007", "L", "CC"].notes == ("density-unknown",)


def renamed(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (renamed("pathology", "Pathologie"), r"mass_case_description_train_set\.csv: no column 'pathology'"),
        (renamed("breast_density", "density"), "no column 'breast_density' or 'breast density'"),
        (renamed("BENIGN", "UNSURE"), "line 3, column 'pathology': expected a pathology"),
        (renamed("LEFT,", "BOTH,"), "line 3, column 'image file path': expected a path through the folder 'Mass-Train"),
        (renamed(",4,", ",7,"), "line 3, column 'assessment': expected a BI-RADS category"),
        (renamed(",2,LEFT", ",9,LEFT"), "line 3, column 'breast_density': expected a breast density"),
        (renamed("/1.2.3/", "/../"), "line 3, column 'image file path': expected a path through the folder"),
        (renamed("P_00001_LEFT_CC_1/1.2.7", "P_00002_LEFT_CC_1/1.2.7"), "column 'cropped image file path'"),
        (lambda text: text[: len(text) - 30], "cells under a header|not a valid table"),
        (lambda text: text.splitlines()[0] + "\n", "has a header and no rows"),
        (lambda _: "", "is empty"),
        (lambda text: "\0" + text, "not a text file"),
    ],
)
def test_a_spoiled_table_is_named(tables: Tables, spoil: Callable[[str], str], message: str) -> None:
    path = tables.write() / table_name("mass", "train")
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(MammoError, match=message) as error:
        read(tables.root)
    assert "mass_case_description_train_set.csv" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_tables_saved_by_a_spreadsheet(tables: Tables, encoding: str) -> None:
    tables.add("mass", "train", "P_00009", "LEFT", "CC", **{"mass shape": "OVÁL"})
    path = tables.write() / table_name("mass", "train")
    path.write_bytes(path.read_text(encoding="utf-8").replace(",", ";").encode(encoding))
    assert read(tables.root)["P_00009", "L", "CC"].extra["mass shape"] == "OVÁL"


@given(at=st.integers(0, 900), length=st.integers(0, 40), text=st.text(max_size=20))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_is_read_or_named(tables: Tables, at: int, length: int, text: str) -> None:
    path = tables.write() / table_name("mass", "train")
    whole = path.read_text(encoding="utf-8")
    path.write_bytes((whole[:at] + text + whole[at + length :]).encode("utf-8", "surrogatepass"))
    try:
        assert len(adapters.read("cbis_ddsm", tables.root)) == 4
    except MammoError as error:
        assert "case_description" in str(error) and "\n" not in str(error)


@pytest.mark.parametrize("part", ["train", "test"])
def test_an_abnormality_that_stands_twice_is_named_with_both_rows(tables: Tables, part: str) -> None:
    tables.add("mass", part, "P_00001", "LEFT", "CC", pathology="MALIGNANT")
    with pytest.raises(MammoError) as error:
        read(tables.write())
    line = 5
    assert f"{table_name('mass', part)}, line {line}, column 'abnormality id'" in str(error.value)
    assert "mass_case_description_train_set.csv:3" in str(error.value)


def test_a_table_that_is_not_there_and_one_that_is_there_twice(tables: Tables) -> None:
    root = tables.write()
    (root / table_name("calc", "test")).unlink()
    with pytest.raises(MammoError, match=r"calc_case_description_test_set\.csv: not found .* --kind"):
        read(root)
    assert len(read(root, kind="mass")) == 2
    tables.write("old")
    with pytest.raises(MammoError, match=r"_set\.csv and .*/old/\w+_set\.csv: two files"):
        read(root)


def test_options_are_checked(tables: Tables) -> None:
    tables.write()
    with pytest.raises(MammoError, match="--kind masses: expected one of both, mass, calc"):
        read(tables.root, kind="masses")
    with pytest.raises(MammoError, match="--boxes all: expected one of none, masks"):
        read(tables.root, boxes="all")
    with pytest.raises(MammoError, match="--kind all"):
        adapters.load("cbis_ddsm").published(kind="all")  # type: ignore[attr-defined]


def place(root: Path, path: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"half a download")
    return file


def test_two_folders_of_one_series_and_two_mammograms_in_one(tables: Tables) -> None:
    root = tables.write()
    place(root, "CBIS-DDSM/Mass-Training_P_00001_LEFT_CC/study/series/1-1.dcm")
    assert read(root)["P_00001", "L", "CC"].image == "CBIS-DDSM/Mass-Training_P_00001_LEFT_CC/study/series/1-1.dcm"
    second = place(root, "CBIS-DDSM/Mass-Training_P_00001_LEFT_CC/study/other/1-1.dcm")
    with pytest.raises(MammoError, match=r"other/1-1\.dcm and .*series/1-1\.dcm: expected one mammogram"):
        read(root)
    second.unlink()
    place(root, "Mass-Training_P_00001_LEFT_CC/1.2.3/4.5.6/000000.dcm")
    with pytest.raises(MammoError, match=r"CBIS-DDSM/Mass-Training_P_00001_LEFT_CC and .*both hold this series"):
        read(root)


def test_unreadable_files_are_counted_and_never_guessed(tables: Tables) -> None:
    root = tables.write()
    place(root, tables.rows["mass", "train"][0][FULL])
    crop = place(root, tables.rows["mass", "train"][0][CROP])
    record = read(root, boxes="masks")["P_00001", "L", "CC"]
    assert record.findings[0].mask is None and record.notes == ("mask-missing",)
    assert record.others == (crop.relative_to(root).as_posix(),)


# From here on: real files of the format, made by the phantom.


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prevalence = {2: 1, 3: 1, 4: 2, 5: 3}
    folder = tmp_path_factory.mktemp("phantoms") / "cbis"
    return write_phantoms(folder, 20, 1, layout="cbis_ddsm", rows=112, cols=90, prevalence=prevalence)


def table_rows(root: Path) -> list[tuple[str, str, Row]]:
    listed = []
    for kind, part in TABLES:
        with (root / table_name(kind, part)).open(newline="") as file:
            listed += [(kind, part, row) for row in csv.DictReader(file)]
    return listed


def pixels(root: Path) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    """Every file by the name of its series, wherever it lies."""
    found: dict[str, dict[str, np.ndarray[Any, Any]]] = defaultdict(dict)
    for path in root.rglob("*.dcm"):
        found[path.parts[-4]][path.relative_to(root).as_posix()] = pydicom.dcmread(path).pixel_array
    return found


def is_mask(array: np.ndarray[Any, Any]) -> bool:
    return set(np.unique(array)) == {0, 255}


def test_boxes_are_those_of_the_masks(phantoms: Path) -> None:
    records, arrays = read(phantoms, boxes="masks"), pixels(phantoms)
    seen, outcomes = Counter[tuple[str, str | None, str | None]](), Counter[str]()
    for _, _, row in table_rows(phantoms):
        key = row["patient_id"], row["left or right breast"][0], row["image view"]
        finding = records[key].findings[seen[key]]
        seen[key] += 1
        assert finding.birads == row["assessment"]
        (full,) = arrays[row[FULL].split("/")[0]].values()
        ((name, mask),) = ((name, array) for name, array in arrays[row[MASK].split("/")[0]].items() if is_mask(array))
        assert finding.mask == name
        notes = records[key].notes
        if abs(mask.shape[0] / mask.shape[1] / (full.shape[0] / full.shape[1]) - 1) > 0.01:
            outcomes["other"] += 1
            assert finding.box is None and "mask-of-another-shape" in notes
            continue
        rows, cols = np.nonzero(mask)
        down, across = full.shape[0] / mask.shape[0], full.shape[1] / mask.shape[1]
        expected = (rows.min() * down, cols.min() * across, (rows.max() + 1) * down, (cols.max() + 1) * across)
        assert finding.box == pytest.approx(expected)
        assert ("mask-scaled" in notes) == (mask.shape != full.shape)
        outcomes["scaled" if mask.shape != full.shape else "same"] += 1
    assert min(outcomes.values()) > 3 and len(outcomes) == 3
    assert seen == Counter({key: len(record.findings) for key, record in records.items()})


def test_every_file_is_listed_once_and_exists(phantoms: Path) -> None:
    records = adapters.read("cbis_ddsm", phantoms)
    listed = [path for record in records for path in (record.image, *record.others)]
    assert sorted(listed) == sorted(path.relative_to(phantoms).as_posix() for path in phantoms.rglob("*.dcm"))
    assert all(finding.mask and finding.box is None for record in records for finding in record.findings)
    assert {finding.mask for record in records for finding in record.findings} <= set(listed)
    assert not {record.image for record in records} & {path for record in records for path in record.others}


def test_phantoms_hold_the_official_overlap(phantoms: Path) -> None:
    notes = Counter(note for record in adapters.read("cbis_ddsm", phantoms) for note in record.notes)
    assert notes["in-official-training-and-test"] > 0
    assert notes["patient-in-official-training-and-test"] >= notes["in-official-training-and-test"]


def test_one_kind_reads_its_own_files_alone(phantoms: Path) -> None:
    for kind, category in (("mass", "mass"), ("calc", "calcification")):
        records = adapters.read("cbis_ddsm", phantoms, kind=kind)
        assert {finding.categories for record in records for finding in record.findings} == {(category,)}
        paths = [path for record in records for path in (record.image, *record.others)]
        assert all(f"{kind.capitalize()}-" in path for path in paths)


# And the four real tables, which come without images.


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Path:
    return shared_data / "cbis-ddsm-labels"


@pytest.mark.real
@pytest.mark.parametrize("kind", ["both", "mass", "calc"])
def test_the_real_tables_have_the_published_counts(real: Path, kind: str) -> None:
    adapter = adapters.load("cbis_ddsm")
    found = count(adapters.read("cbis_ddsm", real, kind=kind))
    published = adapters.published(adapter, kind=kind)
    assert {name: found[name] for name in published} == published
    # The same from the tables, without the adapter.
    malignant: dict[tuple[str, ...], bool] = defaultdict(bool)
    official: dict[tuple[str, ...], set[str]] = defaultdict(set)
    rows = [(part, row) for of, part, row in table_rows(real) if kind in (of, "both")]
    for part, row in rows:
        key = tuple(row[name] for name in ("patient_id", "left or right breast", "image view"))
        malignant[key] |= row["pathology"] == "MALIGNANT"
        official[key].add(part)
    assert published == {
        "patients": len({patient for patient, _, _ in official}),
        "images": len(official),
        "view CC": sum(view == "CC" for _, _, view in official),
        "view MLO": sum(view == "MLO" for _, _, view in official),
        "pathology malignant": sum(malignant.values()),
        "pathology benign": len(malignant) - sum(malignant.values()),
        "split training": sum(parts == {"train"} for parts in official.values()),
        "split test": sum("test" in parts for parts in official.values()),
        "findings": len(rows),
        **Counter(f"finding {row['abnormality type']}" for _, row in rows),
    }


@pytest.mark.real
def test_the_real_train_and_test_tables_share_29_images_of_31_patients(real: Path) -> None:
    records = adapters.read("cbis_ddsm", real)
    assert len(records) == 3_032 and len({record.patient for record in records}) == 1_566
    assert sum("in-official-training-and-test" in record.notes for record in records) == 29
    shared = {r.patient for r in records if "patient-in-official-training-and-test" in r.notes}
    parts: dict[str, set[str]] = defaultdict(set)
    for _, part, row in table_rows(real):
        parts[row["patient_id"]].add(part)
    assert shared == {patient for patient, of in parts.items() if len(of) == 2} and len(shared) == 31
    for kind in ("mass", "calc"):
        alone = adapters.read("cbis_ddsm", real, kind=kind)
        assert not [note for record in alone for note in record.notes if "official" in note]


@pytest.mark.real
def test_real_paths_are_the_tables_without_their_line_breaks(real: Path) -> None:
    listed = {path for r in adapters.read("cbis_ddsm", real) for path in (r.image, *r.others)}
    assert listed == {row[column].strip() for _, _, row in table_rows(real) for column in (FULL, CROP, MASK)}
    assert all(path.endswith(".dcm") for path in listed)
    assert len(listed) == 2 * 3_568 + 1_592 + 1_511
