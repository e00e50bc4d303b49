from __future__ import annotations

import pytest

from mammo_monai.datasets import labels
from mammo_monai.datasets.patches.classes import of_background, of_findings
from mammo_monai.datasets.records import Finding, Record

MASS = Finding(("Mass",), box=(1, 2, 3, 4), birads="4", pathology="malignant")


def record(birads: str | None, pathology: str | None, *findings: Finding) -> Record:
    return Record("i", "p", "e", birads=birads, pathology=pathology, findings=findings)


@pytest.mark.parametrize(
    ("labels_", "image", "expected"),
    [
        ("lesion5", record(None, "normal"), "normal"),
        ("lesion5", record("1", None), "normal"),
        ("lesion5", record("2", None), "not-negative"),  # what is benign in it, nobody marked
        ("lesion5", record("1", "malignant"), "not-negative"),
        ("lesion5", record(None, None), "not-negative"),
        ("lesion5", record("5", "malignant", MASS), "normal"),
        ("birads3", record("1", None), "1"),
        ("birads3", record("4", None, MASS), "birads-unknown"),  # the breast's category is not the window's
        ("benign_malignant", record(None, "normal"), "pathology-normal-not-in-benign_malignant"),
    ],
)
def test_what_a_window_without_a_finding_is(labels_: str, image: Record, expected: str) -> None:
    label_map = labels.load(labels_)
    judged = of_background(image, label_map)
    assert (judged.reason or label_map.classes[judged.label or 0]) == expected
    assert (judged.label is None) == bool(judged.reason) and judged.record.findings == ()


def test_every_finding_has_its_own_class() -> None:
    label_map = labels.load("lesion5")
    image = record("5", "malignant", MASS, Finding(("CALC",), pathology="benign"), Finding(("ASYM",)))
    judged = of_findings(image, label_map, [])
    assert [one.label for one in judged] == [4, 1, None] and judged[2].reason == "finding_class-unknown"
    asked = of_findings(image, label_map, ["calcification"])
    assert [one.reason for one in asked] == ["kind-mass-not-asked", "", "kind-other-not-asked"]
    assert of_findings(record(None, "normal"), label_map, []) == []
