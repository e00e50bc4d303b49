from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mammo_monai.datasets import adapters, labels
from mammo_monai.datasets.selection import select
from mammo_monai.errors import MammoError

EXAM = "1903005130_Lxxxxxxxx-46"


def rectangle(name: str, left: float = 5, top: float = 6, right: float = 15, bottom: float = 26) -> str:
    corner = "<{0}><pos_x>{1}</pos_x><pos_y>{2}</pos_y></{0}>".format
    return (
        f"<roi><classname>plugins.kernel.roi.roi2d.ROI2DRectangle</classname><name>{name}</name>"
        f"{corner('top_left', left, top)}{corner('bottom_right', right, bottom)}</roi>"
    )


class Icy:
    def __init__(self, root: Path) -> None:
        self.root = root

    def image(self, name: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((40, 30), np.uint16)).save(self.root / name, format="PNG")

    def regions(self, name: str, *rois: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(f"<root><rois>{''.join(rois)}</rois></root>")

    def one(self, *rois: str, **options: str):
        self.image(f"{EXAM}/L-CC.png")
        self.regions(f"{EXAM}/L-CC.xml", *rois)
        (record,) = adapters.read("icy", self.root, **options)
        return record


@pytest.fixture
def icy(tmp_path: Path) -> Icy:
    return Icy(tmp_path)


def test_an_image_its_exam_and_its_regions(icy: Icy) -> None:
    record = icy.one(rectangle("BI-RADS 3"), rectangle("BI-RADS 2 ", 1, 2, 3, 4))
    assert record.image == record.source.replace(".xml", ".png") == f"{EXAM}/L-CC.png"
    assert (record.patient, record.exam, record.laterality, record.view) == ("1903005130", EXAM, "L", "CC")
    assert record.birads == "3" and record.others == (f"{EXAM}/L-CC.xml",) and record.notes == ()
    worse, other = record.findings
    assert worse.box == (6, 5, 26, 15) and worse.outline == ((6, 5), (6, 15), (26, 15), (26, 5))
    assert (worse.birads, other.birads, worse.categories) == ("3", "2", ("Mass",))
    assert record.excluded is None and record.pathology is None and record.density is None


@pytest.mark.parametrize("name", ["BI-RADS 1", "normal", "Normal ", "1"])
def test_normal_is_birads_1_without_findings(icy: Icy, name: str) -> None:
    record = icy.one(rectangle(name))
    assert record.birads == "1" and record.findings == () and record.excluded is None


@pytest.mark.parametrize("name", ["BI-RADS 0", "incomplete", "Incomplete assessment"])
def test_incomplete_is_kept_unless_it_is_left_out(icy: Icy, name: str) -> None:
    kept = [icy.one(rectangle(name))]
    (record,) = adapters.read("icy", icy.root, incomplete="exclude")
    assert record.birads == "0" and record.excluded == "incomplete" and record.findings == ()
    assert kept[0].birads == "0" and kept[0].excluded is None
    assert {reason: len(found) for reason, found in select([record], labels.load("birads3"), icy.root)[1].items()} == {
        "incomplete": 1
    }
    assert len(select(kept, labels.load("birads3"), icy.root)[0]) == 1  # HMU-TL's class 045


@pytest.mark.parametrize(("names", "worst"), [(("2", "4A", "4"), "4A"), (("4C", "4B"), "4C"), (("5", "4C"), "5")])
def test_an_image_is_as_bad_as_its_worst_region(icy: Icy, names: tuple[str, ...], worst: str) -> None:
    assert icy.one(*map(rectangle, names)).birads == worst


def test_a_region_without_a_name_leaves_the_image_without_a_label(icy: Icy) -> None:
    record = icy.one(rectangle("BI-RADS 5"), rectangle(" "))
    assert record.birads is None and [finding.birads for finding in record.findings] == ["5", None]


def test_a_file_without_regions_is_unknown_or_what_one_says_it_is(icy: Icy) -> None:
    assert icy.one().birads is None
    assert icy.one(empty="normal").birads == "1"


@pytest.mark.parametrize(
    "names", [("normal", "BI-RADS 4"), ("incomplete", "normal"), ("BI-RADS 0", "BI-RADS 5"), ("normal", "")]
)
def test_more_than_one_of_the_three_choices_is_an_error(icy: Icy, names: tuple[str, ...]) -> None:
    with pytest.raises(MammoError, match=r"L-CC\.xml: expected one choice") as error:
        icy.one(*map(rectangle, names))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["Rectangle #1", "B4", "BI-RADS 7", "4d"])
def test_a_region_named_otherwise_is_an_error(icy: Icy, name: str) -> None:
    with pytest.raises(MammoError, match=r"L-CC\.xml, region 2: expected a BI-RADS category .* as its name, found"):
        icy.one(rectangle("BI-RADS 2"), rectangle(name))


def test_images_without_a_file_and_files_without_an_image_are_both_listed(icy: Icy) -> None:
    icy.image(f"{EXAM}/L-CC.png")
    icy.regions(f"{EXAM}/R-MLO.xml", rectangle("BI-RADS 4", 20, 6, 90, 26))
    image, regions = adapters.read("icy", icy.root)
    assert (image.image, image.birads, image.notes) == (f"{EXAM}/L-CC.png", None, ("no-region-file",))
    assert (regions.image, regions.birads, regions.notes) == (f"{EXAM}/R-MLO.png", "4", ())
    assert (regions.laterality, regions.view) == ("R", "MLO")
    _, left_out = select([image, regions], labels.load("birads3"), icy.root)
    assert {reason: len(found) for reason, found in left_out.items()} == {"birads-unknown": 1, "missing-file": 1}


def test_a_box_past_the_edge_is_clipped_and_noted(icy: Icy) -> None:
    record = icy.one(rectangle("BI-RADS 4", -2, 6, 90, 26))  # 40 rows, 30 columns
    assert record.findings[0].box == (6, 0, 26, 30) and record.notes == ("box-clipped",)
    record = icy.one(rectangle("BI-RADS 4", 31, 6, 40, 26))
    assert record.findings[0].box is None and record.notes == ("box-off-image",) and record.birads == "4"


@pytest.mark.parametrize(
    ("name", "side", "view"),
    [
        ("L-CC", "L", "CC"),
        ("image_r_mlo", "R", "MLO"),
        ("2020 R CC", "R", "CC"),
        ("42", None, None),
        ("XL-CC", None, None),
    ],
)
def test_side_and_view_by_the_name(icy: Icy, name: str, side: str | None, view: str | None) -> None:
    icy.image(f"deep/{EXAM}/{name}.tif")
    (record,) = adapters.read("icy", icy.root)
    assert (record.laterality, record.view, record.exam) == (side, view, EXAM)


def test_two_images_with_one_name_are_both_named(icy: Icy) -> None:
    icy.image(f"{EXAM}/L-CC.png")
    icy.image(f"{EXAM}/L-CC.dcm")
    with pytest.raises(MammoError, match=r"L-CC\.dcm and .*L-CC\.png: two files with the id"):
        adapters.read("icy", icy.root)


def test_folders_that_are_none_are_named(icy: Icy) -> None:
    with pytest.raises(MammoError, match="holds no image and no Icy file"):
        adapters.read("icy", icy.root)
    icy.image("L-CC.png")
    with pytest.raises(MammoError, match=r"L-CC\.png: lies in no exam's folder"):
        adapters.read("icy", icy.root)


@pytest.mark.parametrize("option", [{"incomplete": "yes"}, {"empty": "benign"}])
def test_an_option_is_one_of_its_values(icy: Icy, option: dict[str, str]) -> None:
    with pytest.raises(MammoError, match=f"--{next(iter(option))} .*choose one of"):
        adapters.read("icy", icy.root, **option)
    assert adapters.load("icy").PUBLISHED == {}


def test_hostile_regions_are_named(icy: Icy) -> None:
    icy.image(f"{EXAM}/L-CC.png")
    (icy.root / EXAM / "L-CC.xml").write_text('<!DOCTYPE r [<!ENTITY a "b">]><root>&a;</root>')
    with pytest.raises(MammoError, match=r"L-CC\.xml: .*document type"):
        adapters.read("icy", icy.root)
