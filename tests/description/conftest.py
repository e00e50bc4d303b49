"""A datalist small enough to count by hand."""

from __future__ import annotations

from typing import Any

import pytest

COLUMNS = ("image", "label", "dataset", "patient", "exam", "laterality", "view", "birads", "density", "age")
TRAINING = (
    ("1.png", 0, "a", "p1", "e1", "L", "CC", "1", "B", "44"),
    ("2.png", 0, "a", "p1", "e1", "L", "MLO", "1", "B", "44"),
    ("3.png", 1, "a", "p1", "e1", "R", "CC", "4A", "B", "44"),
    ("4.png", 0, "b", "p1", "e1", "L", "CC", "1", "C", ""),  # another data set's p1 and e1
    ("5.png", 1, "b", "p1", "e2", "", "", "5", "", "50.0"),  # side and view unknown
    ("6.png", 0, "b", "p1", "e2", "", "", "1", "", "50"),
)
TEST = (
    ("7.png", 1, "a", "p9", "e9", "R", "CC", "4A", "D", "999"),
    ("8.png", 0, "a", "p9", "e9", "R", "MLO", "1", "D", "not told"),
)
FINDINGS = {
    "3.png": [
        {"categories": ["Mass", "Skin <b>"], "birads": "4A", "box": [1, 2, 3, 4]},
        {"categories": ["Mass"], "birads": None, "box": None},
    ],
    "7.png": [{"categories": ["Asymmetry"], "birads": "5", "box": None}],
}


@pytest.fixture
def small() -> dict[str, Any]:
    def items(rows: tuple[tuple[object, ...], ...]) -> list[dict[str, Any]]:
        made = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        return [{**item, "pathology": "", "findings": FINDINGS.get(str(item["image"]), [])} for item in made]

    return {
        "name": "<script>alert(1)</script>",
        "label_map": "own",
        "label_note": "a & b",
        "classes": ["fine", "<i>ill</i>"],
        "seed": 0,
        "digest": "0" * 64,
        "left_out": {"missing-file": 2, "birads-unknown": 1},
        "notes": {"box-clipped": 3},
        "balance": {"class": {"fine": {s: {"asked": 2.5, "got": 3} for s in ("training", "validation", "test")}}},
        "training": items(TRAINING),
        "validation": [],
        "test": items(TEST),
    }
