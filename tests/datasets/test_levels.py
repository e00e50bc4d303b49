from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from mammo_monai.datasets import labels
from mammo_monai.datasets.kinds import kind
from mammo_monai.datasets.levels import at_level, names
from mammo_monai.datasets.records import Finding, Record
from mammo_monai.errors import MammoError


def image(name: str, side: str | None = "L", exam: str = "e", **fields: object) -> Record:
    return Record(f"{name}.png", "p", exam, laterality=side, **fields)  # type: ignore[arg-type]


MASS = Finding(("Mass",), box=(1, 2, 3, 4), birads="4", pathology="benign")
CALC = Finding(("CALC",), birads="5", pathology="malignant")


def test_stated_is_what_the_data_set_says() -> None:
    records = [image("a", birads="4"), image("b", birads="1")]
    assert at_level(records, "stated") == records


@pytest.mark.parametrize(
    ("stated", "findings", "expected"),
    [
        ("2", ["4", "5", "3"], "5"),
        ("5", ["3"], "3"),  # the breast's 5 is seen in the other view
        ("5", [], None),  # nothing is marked here: not negative, not 5
        ("1", [], "1"),
        ("2", [], "2"),
        ("0", [], None),
        ("4", [None], "4"),  # marked, and no finding says more
        ("4", ["3", None], "3"),
        (None, [], None),
    ],
)
def test_image_level_is_the_worst_marked_in_this_view(
    stated: str | None, findings: list[str | None], expected: str | None
) -> None:
    marked = tuple(Finding(("Mass",), birads=birads) for birads in findings)
    assert at_level([image("a", birads=stated, findings=marked)], "image")[0].birads == expected


def test_breast_and_exam_take_the_worst_known() -> None:
    records = [
        image("a", "L", birads="1", pathology="normal"),
        image("b", "L", birads="3"),
        image("c", "R", birads="0", pathology="benign"),
        image("d", "R", birads=None),
        image("e", None, birads="2", pathology="malignant"),
        image("f", "L", exam="other", birads="6"),
    ]
    assert [r.birads for r in at_level(records, "breast")] == ["3", "3", "0", "0", "2", "6"]
    assert [r.birads for r in at_level(records, "exam")] == ["0"] * 5 + ["6"]
    assert [r.pathology for r in at_level(records, "breast")][:4] == ["normal", "normal", "benign", "benign"]
    assert [r.pathology for r in at_level(records, "exam")] == ["malignant"] * 5 + [None]


def test_the_order_of_bi_rads_is_that_of_the_decision() -> None:
    order = ["6", "5", "4C", "4B", "4A", "4", "0", "3", "2", "1"]
    for worse, better in pairwise(order):
        assert {r.birads for r in at_level([image("a", birads=better), image("b", birads=worse)], "exam")} == {worse}


def test_finding_level_has_one_record_per_finding() -> None:
    normal = image("n", pathology="normal")
    negative, suspicious = image("m", birads="1"), image("s", birads="4")
    records = at_level([image("a", birads="5", findings=(MASS, CALC)), normal, negative, suspicious], "finding")
    assert [r.image for r in records] == ["a.png", "a.png", "n.png", "m.png", "s.png"]
    assert [r.findings for r in records[:2]] == [(MASS,), (CALC,)]
    assert [r.birads for r in records[:2]] == ["4", "5"]
    assert [r.extra.get("finding") for r in records] == ["0", "1", None, None, None]
    assert [r.extra.get("finding_class") for r in records] == [
        "benign mass", "malignant calcification", "normal", "normal", None,
    ]  # fmt: skip
    lesion5 = labels.load("lesion5")
    assert [lesion5.label(r) for r in records[:4]] == ["benign mass", "malignant calcification", "normal", "normal"]


def test_a_finding_without_pathology_has_no_class() -> None:
    [record] = at_level([image("a", pathology="malignant", findings=(replace(MASS, pathology=None),))], "finding")
    assert record.pathology is None and "finding_class" not in record.extra


def test_no_such_level() -> None:
    assert names() == ["stated", "image", "breast", "exam", "finding"]
    with pytest.raises(MammoError, match="no level 'patient'; choose one of stated, image, breast, exam, finding"):
        at_level([], "patient")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["Mass"], "mass"), (["CIRC"], "mass"), (["SPIC"], "mass"), (["MISC"], "mass"), (["MASS"], "mass"),
        (["CALC"], "calcification"), (["Suspicious Calcification"], "calcification"), (["Cluster"], "calcification"),
        (["calcification"], "calcification"), (["Mass", "Suspicious Calcification"], "mass and calcification"),
        (["ARCH"], "other"), (["Skin Thickening", "Mass"], "mass"), ([], "other"),
    ],
)  # fmt: skip
def test_the_words_of_all_data_sets(words: list[str], expected: str) -> None:
    assert kind(words) == expected
