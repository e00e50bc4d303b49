from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mammo_monai.datasets import adapters
from mammo_monai.datasets.counts import count
from mammo_monai.errors import MammoError


def test_an_image_and_its_breast(vindr: Any) -> None:
    record = next(r for r in adapters.read("vindr", vindr.write()) if r.exam == "s0" and r.laterality == "R")
    assert record.image == "images/s0/s0_RCC.dicom"
    assert (record.patient, record.exam, record.view) == ("s0", "s0", "CC")
    assert (record.birads, record.density, record.split) == ("4", "C", "training")
    assert record.pathology is None


def test_boxes_are_clipped_and_keep_their_several_categories(vindr: Any) -> None:
    findings = next(r for r in adapters.read("vindr", vindr.write()) if r.image.endswith("s0_RCC.dicom")).findings
    assert findings[0].categories == ("Mass", "Skin Thickening")
    assert findings[0].box == (20, 0, 1000, 99.5)  # (row_min, col_min, row_max, col_max) of 1000 x 800
    assert findings[0].birads == "4"
    assert findings[1].box == (20, 10, 40, 800)
    assert findings[1].birads is None


def test_every_clipped_box_is_noted(vindr: Any) -> None:
    noted = {r.image: r.notes for r in adapters.read("vindr", vindr.write()) if r.notes}
    assert noted == {
        "images/s0/s0_RCC.dicom": ("box-clipped", "box-clipped")
    }  # beyond the left and lower, and the right edge


def test_an_exam_without_the_four_standard_views_is_noted_on_its_images(vindr: Any) -> None:
    vindr.breasts[4 * 5][4] = "ML"  # of exam s5, whose first view is LCC
    records = adapters.read("vindr", vindr.write())
    assert {r.exam for r in records if "exam-not-four-views" in r.notes} == {"s5"}
    assert sum("exam-not-four-views" in r.notes for r in records) == 4


def write_metadata(
    root: Path, *rows: str, header: str = "SOP Instance UID,Patient's Age,Manufacturer,Manufacturer's Model Name"
) -> None:
    (root / "metadata.csv").write_text("\n".join([header, *rows]) + "\n")


def test_age_vendor_and_device_come_from_the_metadata_where_it_says_them(vindr: Any) -> None:
    write_metadata(vindr.write(), "s0_LCC,053Y,SIEMENS,Mammomat Inspiration", "s0_RCC,000Y,,x", "elsewhere,1,2,3")
    extra = {r.image: r.extra for r in adapters.read("vindr", vindr.root)}
    known = {"series_id": "e0", "height": "1000", "width": "800"}
    assert extra["images/s0/s0_LCC.dicom"] == known | {
        "age": "53",
        "vendor": "SIEMENS",
        "device": "Mammomat Inspiration",
    }
    assert extra["images/s0/s0_RCC.dicom"] == known | {"device": "x"}
    assert extra["images/s0/s0_LMLO.dicom"] == known


def test_metadata_without_identity_or_with_two_for_one_image_are_named(vindr: Any) -> None:
    write_metadata(vindr.write(), "s0_LCC,053Y", header="SOPInstanceUID,Patient's Age")
    with pytest.raises(MammoError, match=r"metadata\.csv: no column 'SOP Instance UID'"):
        adapters.read("vindr", vindr.root)
    write_metadata(vindr.root, "s0_LCC,053Y,a,b", "s0_LCC,054Y,a,b")
    with pytest.raises(MammoError, match=r"metadata\.csv, line 3: s0_LCC stands in line 2 already"):
        adapters.read("vindr", vindr.root)
    write_metadata(vindr.root, "s0_LCC,older,a,b")
    with pytest.raises(MammoError, match=r"metadata\.csv, line 2, column \"Patient's Age\": expected an age"):
        adapters.read("vindr", vindr.root)


def test_an_image_listed_twice_needs_one_label(vindr: Any) -> None:
    vindr.breasts.append(list(vindr.breasts[0]))
    assert len(adapters.read("vindr", vindr.write())) == 41
    vindr.breasts[-1][7] = "BI-RADS 5"
    with pytest.raises(MammoError, match=r"annotations\.csv:42: image 'images/s0/s0_LCC\.dicom' was listed at .*:2 "):
        adapters.read("vindr", vindr.write())


def test_tables_saved_by_excel(vindr: Any) -> None:
    expected = adapters.read("vindr", vindr.write())
    for table in vindr.root.glob("*.csv"):
        table.write_text(table.read_text(), encoding="utf-16")
    assert adapters.read("vindr", vindr.root) == expected


def test_no_finding_is_no_finding(vindr: Any) -> None:
    record = next(r for r in adapters.read("vindr", vindr.write()) if r.image.endswith("s1_LCC.dicom"))
    assert record.findings == ()


def test_counts_under_the_published_names(vindr: Any) -> None:
    counts = count(adapters.read("vindr", vindr.write()))
    assert set(adapters.load("vindr").PUBLISHED) <= set(counts)
    assert counts["exams"] == counts["exams with the four standard views"] == 10
    assert counts["images"] == 40 and counts["view CC"] == 20
    assert counts["split test"] == 8 and counts["split training"] == 32
    assert (counts["findings"], counts["images with findings"], counts["findings without birads"]) == (
        3,
        2,
        1,
    )
    assert counts["finding Skin Thickening"] == 1
    # Right breasts: 4 1 2 5 3 1 2 1 1 4; every left one is 1; two images a breast.
    assert [counts[f"birads {n}"] for n in "12345"] == [2 * (4 + 10), 4, 2, 4, 2]


def test_the_phantom_data_set_is_this_layout(vindr: Any) -> None:
    root = vindr.write()
    assert adapters.read("phantom", root) == adapters.read("vindr", root)
    assert adapters.load("phantom").PUBLISHED == {}


def test_published_counts_agree_with_each_other() -> None:
    published = adapters.load("vindr").PUBLISHED
    assert sum(published[f"birads {n}"] for n in range(1, 6)) == published["images"]
    assert published["view CC"] + published["view MLO"] == published["images"]
    assert published["split training"] + published["split test"] == published["images"]


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("findings", 9, "__import__('os')", "column 'finding_categories': expected a list of names"),
        ("findings", 9, "['Mass'", "column 'finding_categories'"),
        ("findings", 9, "[1]", "column 'finding_categories'"),
        ("findings", 9, "[" * 900, "column 'finding_categories'"),
        ("findings", 11, "left", "column 'xmin': expected a number, found 'left'"),
        ("findings", 11, "", "column 'xmin': expected a value"),
        ("findings", 11, "inf", "column 'xmin': expected a number"),
        ("findings", 11, "4000", "holds no pixel"),
        ("findings", 2, "elsewhere", "expected an image of breast-level_annotations.csv"),
        ("breasts", 7, "BI-RADS 9", "line 2, column 'breast_birads': expected a BI-RADS category"),
        ("breasts", 8, "DENSITY E", "column 'breast_density': expected a breast density"),
        ("breasts", 3, "both", "column 'laterality': expected a laterality"),
        ("breasts", 9, "holdout", "column 'split': expected a split"),
        ("breasts", 0, "", "column 'study_id': expected a value"),
    ],
)
def test_a_spoiled_cell_is_named(vindr: Any, table: str, column: int, value: str, message: str) -> None:
    getattr(vindr, table)[0][column] = value
    with pytest.raises(MammoError) as error:
        adapters.read("vindr", vindr.write())
    assert message in str(error.value) and "_annotations.csv, line 2" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_table_that_is_not_there(vindr: Any) -> None:
    (vindr.write() / "finding_annotations.csv").unlink()
    with pytest.raises(MammoError, match=r"finding_annotations\.csv: no such file"):
        adapters.read("vindr", vindr.root)
