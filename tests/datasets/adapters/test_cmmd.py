from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian

from mammo_monai.datasets import adapters
from mammo_monai.datasets.counts import count
from mammo_monai.errors import MammoError

HEADER = ["ID1", "LeftRight", "Age", "number", "abnormality", "classification", "subtype"]
ROWS = [
    ["D1-0001", "R", 44, 2, "calcification", "Benign", None],
    ["D1-0002", "L", 40, 2, "both", "Benign", None],
    ["D2-0003", "R", 71, 2, "mass", "Malignant", "Luminal A"],
    ["D2-0003", "L", 71, 2, "mass", "Benign", None],
    ["D2-0229", "L", 52, 2, "mass", "Malignant", None],
]  # made up, but for the patient known for a wrong side
FIRST = "CMMD/D1-0001/07-18-2010-NA-NA-79377/1.000000-NA-70244/1-1.dcm"
IMAGES = {
    FIRST: ("D1-0001", "R", "CC"),
    "CMMD/D1-0001/07-18-2010-NA-NA-79377/1.000000-NA-70244/1-2.dcm": ("D1-0001", "L", "CC"),
    "CMMD/D2-0003/07-18-2011-NA-NA-49231/1.000000-NA-49231/1-1.dcm": ("D2-0003", "R", "MLO"),
    "flat/1.3.6.1/1-1.dcm": ("D2-0229", "L", "CC"),
    "CMMD/D1-9999/07-18-2011-NA-NA-49231/1.000000-NA-49231/1-1.dcm": ("D1-9999", "L", "CC"),
}


@pytest.fixture(scope="module")
def write_dicom(phantoms: Path) -> Callable[[Path, str, str, str], None]:
    files = map(pydicom.dcmread, sorted(phantoms.rglob("*.dicom")))
    ds = next(file for file in files if file.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian)
    views = {"CC": "399162004", "MLO": "399368009"}

    def write(path: Path, patient: str, side: str, view: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        ds.PatientID, ds.ImageLaterality, ds.ViewPosition = patient, side, view
        ds.ViewCodeSequence[0].CodeValue = views[view]
        ds.StudyInstanceUID, ds.SOPInstanceUID = f"1.2.{int(patient[-4:])}", f"1.2.{len(str(path))}"
        ds.Manufacturer, ds.ManufacturerModelName = "SIEMENS", "Mammomat"
        ds.save_as(path)

    return write


@pytest.fixture
def root(tmp_path: Path, write_dicom: Callable[[Path, str, str, str], None]) -> Path:
    write_csv(tmp_path)
    for name, tags in IMAGES.items():
        write_dicom(tmp_path / name, *tags)
    return tmp_path


def write_csv(root: Path, rows: list[list[object]] = ROWS) -> None:
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in [HEADER, *rows]]
    (root / "CMMD_clinicaldata_revision.csv").write_text("\n".join(lines) + "\n")


def test_an_image_has_the_class_of_its_tagged_side(root: Path) -> None:
    records = {r.image: r for r in adapters.read("cmmd", root)}
    first, second, third = (records[name] for name in list(IMAGES)[:3])
    assert (first.patient, first.exam, first.laterality, first.view) == ("D1-0001", "1.2.1", "R", "CC")
    assert first.pathology == "benign" and first.source == "CMMD_clinicaldata_revision.csv:2"
    assert first.extra == {"vendor": "SIEMENS", "device": "Mammomat", "age": "44", "abnormality": "calcification"}
    assert (third.pathology, third.view, third.extra["subtype"]) == ("malignant", "MLO", "Luminal A")
    # The other breast had no biopsy: unknown, never normal; its age is the woman's.
    assert (second.laterality, second.pathology) == ("L", None)
    assert second.extra == {"vendor": "SIEMENS", "device": "Mammomat", "age": "44"}


def test_a_breast_without_images_keeps_its_count(root: Path) -> None:
    absent = [r for r in adapters.read("cmmd", root) if "breast-without-images" in r.notes]
    assert [(r.image, r.pathology, r.source[-2:]) for r in absent] == [
        ("CMMD/D1-0002/L", "benign", ":3"),
        ("CMMD/D2-0003/L", "benign", ":5"),
    ]
    assert not any((root / r.image).exists() for r in absent)


def test_the_table_alone_gives_every_breast(tmp_path: Path) -> None:
    write_csv(tmp_path)
    counts = count(adapters.read("cmmd", tmp_path))
    assert (counts["patients"], counts["pathology benign"], counts["pathology malignant"]) == (4, 3, 2)


def test_a_patient_with_a_doubtful_side_is_left_out_as_the_tags_say(root: Path) -> None:
    excluded = [r for r in adapters.read("cmmd", root) if r.excluded]
    assert [(r.image, r.patient, r.laterality, r.excluded) for r in excluded] == [
        ("flat/1.3.6.1/1-1.dcm", "D2-0229", "L", "side-doubtful")
    ]


def test_files_of_other_patients_are_not_listed_and_unreadable_ones_are(root: Path) -> None:
    broken = root / FIRST
    broken.write_bytes(broken.read_bytes()[:300])
    records = {r.image: r for r in adapters.read("cmmd", root)}
    assert "CMMD/D1-9999/07-18-2011-NA-NA-49231/1.000000-NA-49231/1-1.dcm" not in records
    record = records[FIRST]
    assert (record.patient, record.laterality, record.pathology, record.notes) == ("D1-0001", None, None, ("no-side",))
    assert "CMMD/D1-0001/R" in records  # its breast has no image now


def test_the_workbook_of_the_release_says_the_same(root: Path) -> None:
    expected = adapters.read("cmmd", root)
    (root / "CMMD_clinicaldata_revision.csv").unlink()
    book = openpyxl.Workbook()
    for row in [HEADER, *ROWS]:
        book.active.append([*row, None, None])  # formatted blanks to the right
    book.save(root / "CMMD_clinicaldata_revision.xlsx")
    assert adapters.read("cmmd", root) == expected
    book.save(root / "mine.xlsx")
    assert adapters.read("cmmd", root, table="mine.xlsx")[0].source == "mine.xlsx:2"


def test_without_openpyxl_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openpyxl.Workbook().save(tmp_path / "CMMD_clinicaldata_revision.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MammoError, match=r"xlsx: reading Excel needs openpyxl \(or save it as CSV.*pip install"):
        adapters.read("cmmd", tmp_path)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (1, "both", "line 2, column 'LeftRight': expected a laterality"),
        (5, "B9", "line 2, column 'classification': expected a pathology"),
        (0, "", "line 2, column 'ID1': expected a value"),
        (0, "D2-0003", "line 4: D2-0003 R stands in line 2 already, with other values"),
    ],
)
def test_a_spoiled_cell_is_named(tmp_path: Path, column: int, value: str, message: str) -> None:
    rows = [list(row) for row in ROWS]
    rows[0][column] = value
    write_csv(tmp_path, rows)
    with pytest.raises(MammoError) as error:
        adapters.read("cmmd", tmp_path)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(MammoError, match=r"holds no CMMD_clinicaldata_revision\.xlsx or .*csv; .*--table"):
        adapters.read("cmmd", tmp_path)
    with pytest.raises(MammoError, match=r"holds no mine\.csv"):
        adapters.read("cmmd", tmp_path, table="mine.csv")
