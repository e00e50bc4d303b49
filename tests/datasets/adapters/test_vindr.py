from __future__ import annotations

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
