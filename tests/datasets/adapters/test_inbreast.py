from __future__ import annotations

import plistlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mammo_monai.datasets import adapters, labels
from mammo_monai.datasets.counts import count
from mammo_monai.datasets.records import Record
from mammo_monai.datasets.selection import select
from mammo_monai.errors import MammoError

HEADER = "Patient ID;Patient age;Laterality;View;Acquisition date;File Name;ACR;Bi-Rads"
ROWS = [
    "removed;removed;R;CC;201001;101;2   ;4a",
    "removed;removed;L;CC;201001;102;     ;1",
    "removed;removed;R;MLO;201001;103;4;5",
    "removed;removed;L;FB;200812;104;3;6 ",
]
NAMES = ("101_aaaa_MG_R_CC_ANON", "102_aaaa_MG_L_CC_ANON", "103_aaaa_MG_R_ML_ANON", "104_bbbb_MG_L_FB_ANON")
MASS = {"Name": "Mass ", "NumberOfPoints": 3, "Point_px": ["(10, 20)", "(30.5, 21)", "(12, 40)"]}
POINT = {"Name": "Calcifications", "NumberOfPoints": 1, "Point_px": ["(5, 7)"]}


class INbreast:
    """A small release whose parts a test may spoil before it writes them."""

    def __init__(self, root: Path) -> None:
        self.root, self.header, self.rows = root, HEADER, list(ROWS)
        self.regions = {"101": [MASS, POINT], "103": [{**MASS, "Name": "Assymetry"}], "104": []}
        self.encoding = "utf-8"

    def read(self) -> list[Record]:
        for folder in ("AllDICOMs", "AllXML"):
            (self.root / folder).mkdir(exist_ok=True)
        for name in NAMES:
            # The size is asked of whatever stands there; 60 rows, 25 columns.
            Image.fromarray(np.zeros((60, 25), np.uint8)).save(self.root / "AllDICOMs" / f"{name}.dcm", format="PNG")
        for number, rois in self.regions.items():
            content = plistlib.dumps({"Images": [{"NumberOfROIs": len(rois), "ROIs": rois}]})
            (self.root / "AllXML" / f"{number}.xml").write_bytes(content)
        text = "\n".join([self.header, *self.rows]) + "\n"
        (self.root / "INbreast.csv").write_bytes(text.encode(self.encoding))
        return adapters.read("inbreast", self.root)


@pytest.fixture
def inbreast(tmp_path: Path) -> INbreast:
    return INbreast(tmp_path)


def test_an_image_its_patient_and_its_exam(inbreast: INbreast) -> None:
    first, _, third, last = inbreast.read()
    assert first.image == "AllDICOMs/101_aaaa_MG_R_CC_ANON.dcm"
    assert (first.patient, first.exam) == ("aaaa", "aaaa-201001") == (third.patient, third.exam)
    assert (last.patient, last.exam) == ("bbbb", "bbbb-200812")
    assert (first.laterality, first.view, third.view, last.view) == ("R", "CC", "MLO", "FB")
    assert first.others == ("AllXML/101.xml",) and first.source == "INbreast.csv:2"
    assert first.pathology is None and first.split is None


def test_birads_and_density_of_every_spelling(inbreast: INbreast) -> None:
    found = inbreast.read()
    assert [record.birads for record in found] == ["4A", "1", "5", "6"]
    assert [record.density for record in found] == ["B", None, "D", "C"]


def test_regions_are_outlined_findings_and_points_one_pixel(inbreast: INbreast) -> None:
    mass, point = inbreast.read()[0].findings
    assert mass.categories == ("Mass",) and mass.outline == ((20, 10), (21, 30.5), (40, 12))
    assert mass.box == (20, 10, 40, 25)  # the image has 25 columns
    assert point.categories == ("Calcification",) and point.box == (7, 5, 8, 6) and point.outline is None
    assert mass.birads is None


def test_spelling_variants_are_one_word_and_unknown_words_stay(inbreast: INbreast) -> None:
    words = ["Espiculated Region", "Spiculated region", " mass", "Assymetry", "Point 3", "", "unnamed", "Lymph Node"]
    inbreast.regions["101"] = [{**POINT, "Name": word} for word in words]
    found = [finding.categories[0] for finding in inbreast.read()[0].findings]
    assert found == [*["Spiculated Region"] * 2, "Mass", "Asymmetry", *["Unnamed"] * 3, "Lymph Node"]


def test_what_was_corrected_is_noted(inbreast: INbreast) -> None:
    del inbreast.regions["104"]
    assert [record.notes for record in inbreast.read()] == [
        ("box-clipped",),
        (),  # BI-RADS 1 is expected to have no region file
        ("box-clipped",),
        ("no-region-file",),
    ]


def test_an_image_that_is_not_there_keeps_a_path_and_joins_nobody(inbreast: INbreast) -> None:
    inbreast.read()
    (inbreast.root / "AllDICOMs" / f"{NAMES[2]}.dcm").unlink()
    found = adapters.read("inbreast", inbreast.root)
    assert found[2].image == "AllDICOMs/103_*_MG_R_*_ANON.dcm"
    assert (found[2].patient, found[2].exam, found[2].notes) == ("103", "103-201001", ("patient-unknown",))
    assert found[2].findings[0].box == (20, 10, 40, 30.5)  # nothing to clip it to
    _, left_out = select(found, labels.load("birads3"), inbreast.root)
    assert len(left_out["missing-file"]) == 1


def test_an_export_of_the_spreadsheet(inbreast: INbreast) -> None:
    inbreast.header = "Patient ID ;Patient age;Laterality;View;Acquisition date;File Name;ACR;Bi-Rads;Mass ;Notes;"
    inbreast.rows = [
        "removed;removed;R;CC;201001.0;101.0;2.0;4a;X;;",
        "removed;removed;L;CC;201001.0;102.0;;1.0;;sem alterações;",
        ";;;;;;;;;X: present;",
    ]
    inbreast.encoding = "cp1252"
    found = inbreast.read()
    assert [(record.patient, record.birads, record.density) for record in found] == [
        ("aaaa", "4A", "B"),
        ("aaaa", "1", None),
    ]


def test_counts_under_the_published_names(inbreast: INbreast) -> None:
    counts = count(inbreast.read())
    assert set(adapters.load("inbreast").PUBLISHED) <= set(counts)
    assert (counts["patients"], counts["exams"], counts["images"], counts["findings"]) == (2, 2, 4, 3)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("removed;removed;R;CC;201001;;2;5", "line 2, column 'File Name': expected a value"),
        ("removed;removed;R;CC;201001;x1;2;5", "line 2, column 'File Name': expected a whole number, found 'x1'"),
        ("removed;removed;R;CC;;101;2;5", "line 2, column 'Acquisition date': expected a value"),
        ("removed;removed;B;CC;201001;101;2;5", "line 2, column 'Laterality'"),
        ("removed;removed;R;CC;201001;101;7;5", "line 2, column 'ACR': expected a breast density"),
        ("removed;removed;R;CC;201001;101;2;4d", "line 2, column 'Bi-Rads': expected a BI-RADS category"),
        ("removed;removed;R;CC;201001;101;2", "line 2: 7 cells under a header of 8"),
    ],
)
def test_a_spoiled_row_is_named(inbreast: INbreast, row: str, message: str) -> None:
    inbreast.rows[0] = row
    with pytest.raises(MammoError) as error:
        inbreast.read()
    assert f"INbreast.csv, {message}" in str(error.value) and "\n" not in str(error.value)


def test_a_renamed_column_and_a_missing_table_are_named(inbreast: INbreast) -> None:
    inbreast.header = HEADER.replace("Bi-Rads", "BIRADS")
    with pytest.raises(MammoError, match=r"INbreast\.csv: no column 'Bi-Rads'; it has .*'BIRADS'"):
        inbreast.read()
    (inbreast.root / "INbreast.csv").unlink()
    with pytest.raises(MammoError, match=r"INbreast\.csv: no such file"):
        adapters.read("inbreast", inbreast.root)


def test_two_images_with_one_number_are_both_named(inbreast: INbreast) -> None:
    inbreast.read()
    (inbreast.root / "AllDICOMs" / "101_cccc_MG_R_CC_ANON.dcm").write_bytes(b"")
    with pytest.raises(MammoError, match=r"101_aaaa.* and .*101_cccc.*two files with the id '101'"):
        adapters.read("inbreast", inbreast.root)


def test_one_image_with_two_labels_is_an_error_of_the_selection(inbreast: INbreast) -> None:
    inbreast.rows.append(ROWS[0].replace("4a", "2"))
    with pytest.raises(MammoError, match=r"INbreast\.csv:6: image .* was listed at INbreast\.csv:2"):
        select(inbreast.read(), labels.load("birads3"), inbreast.root)


def test_a_region_off_the_image_and_an_image_named_otherwise_are_noted(inbreast: INbreast) -> None:
    inbreast.regions["104"] = [{**POINT, "Point_px": ["(5, 60)"]}]
    inbreast.read()
    (inbreast.root / "AllDICOMs" / f"{NAMES[3]}.dcm").rename(inbreast.root / "AllDICOMs" / "104.dcm")
    last = adapters.read("inbreast", inbreast.root)[3]
    assert last.notes == ("box-off-image", "patient-unknown") and last.patient == "104"
    assert last.image == "AllDICOMs/104.dcm" and last.findings[0].box is None


def test_a_region_file_cut_short_is_named(inbreast: INbreast) -> None:
    inbreast.read()
    file = inbreast.root / "AllXML" / "101.xml"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(MammoError, match=r"AllXML/101\.xml: not an XML property list"):
        adapters.read("inbreast", inbreast.root)
    inbreast.regions["101"] = [MASS, {**POINT, "Point_px": ["5 60"]}]
    with pytest.raises(MammoError, match=r"AllXML/101\.xml, region 2: expected points such as"):
        inbreast.read()
