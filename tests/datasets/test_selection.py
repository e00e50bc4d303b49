from __future__ import annotations

from dataclasses import replace

import pytest

from mammo_monai.datasets import labels
from mammo_monai.datasets.records import Finding, Record
from mammo_monai.datasets.selection import select

MASS, CALC = Finding(("Mass",), pathology="benign"), Finding(("Suspicious Calcification",), pathology="benign")
RECORDS = [
    Record(image="mass.png", patient="1", exam="1", laterality="L", view="CC", pathology="benign", findings=(MASS,)),
    Record(image="calc.png", patient="2", exam="2", laterality="L", view="MLO", pathology="benign", findings=(CALC,)),
    Record(
        image="two.png", patient="3", exam="3", laterality="L", view="CC", pathology="benign", findings=(CALC, MASS)
    ),
    Record(image="none.png", patient="4", exam="4", laterality="L", view="MLO", pathology="benign"),
]


@pytest.mark.parametrize(
    ("asked", "kept", "reasons"),
    [
        ({}, ["calc", "mass", "none", "two"], {}),
        ({"kinds": ["mass"]}, ["mass", "none", "two"], {"kind-calcification-not-asked": ["calc"]}),
        ({"kinds": ["calcification"]}, ["calc", "none", "two"], {"kind-mass-not-asked": ["mass"]}),
        ({"views": ["CC"]}, ["mass", "two"], {"view-mlo-not-asked": ["calc", "none"]}),
        (
            {"views": ["MLO"], "kinds": ["mass"]},
            ["none"],
            {"view-cc-not-asked": ["mass", "two"], "kind-calcification-not-asked": ["calc"]},
        ),
    ],
)
def test_what_is_not_asked_for_is_left_out_by_reason(tmp_path, asked, kept, reasons):
    used, left_out = select(RECORDS, labels.load("benign_malignant"), tmp_path, files=False, **asked)
    assert [record.image for record in used] == [f"{name}.png" for name in kept]
    found = {reason: [record.image.removesuffix(".png") for record in out] for reason, out in left_out.items()}
    assert found == reasons


def test_a_view_that_is_not_known_is_not_the_one_asked_for(tmp_path):
    _, left_out = select(
        [replace(RECORDS[0], view=None)], labels.load("benign_malignant"), tmp_path, files=False, views=["CC"]
    )
    assert list(left_out) == ["view-unknown-not-asked"]
