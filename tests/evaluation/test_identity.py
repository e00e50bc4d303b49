from __future__ import annotations

import pytest

from mammo_monai.evaluation.identity import identify


def test_tags_then_list_then_pixels():
    tags = {"laterality": "R", "view": "CC", "chest_wall": "right", "patient": "t", "study": "s"}
    listed = {"path": "a/1.dcm", "laterality": "R", "view": "", "patient": "p", "exam": "e"}
    everything = identify(listed, tags)
    assert (everything["laterality"], everything["view"], everything["conflict"]) == ("R", "CC", "")
    assert (everything["patient"], everything["exam"]) == ("p", "e")
    assert identify({"path": "a/1.png", "laterality": "L"}, {"chest_wall": "left"})["laterality"] == "L"
    alone = identify({"path": "a/1.png"}, {"chest_wall": "left"})
    assert (alone["laterality"], alone["view"], alone["exam"]) == ("L", "", "a")


@pytest.mark.parametrize(
    ("item", "meta", "said"),
    [
        ({"laterality": "L"}, {"laterality": "R"}, "laterality R by tags, L by list"),
        ({"view": "MLO"}, {"view": "CC"}, "view CC by tags, MLO by list"),
        ({}, {"laterality": "L", "chest_wall": "right", "orient_conflict": True}, "laterality L by tags, R by pixels"),
        ({}, {"laterality": "L", "conflict": "Laterality says R"}, "Laterality says R"),
        ({}, {"laterality": "L", "chest_wall": "right", "orient_conflict": False}, ""),
    ],
)
def test_conflicts_are_reported_not_hidden(item, meta, said):
    assert identify({"path": "1.dcm", **item}, meta)["conflict"] == said


def test_an_unreadable_image_keeps_its_path():
    assert identify({"path": "x/1.dcm"}, {})["exam"] == "x"
