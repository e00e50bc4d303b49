from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mammo_monai.datasets import datalist
from mammo_monai.datasets.leakage import MARK, ON_PURPOSE
from mammo_monai.datasets.records import Finding

Make = Callable[..., dict[str, Any]]
SECTIONS = ("training", "validation", "test")


def masses(patient: int) -> list[Finding]:
    if patient % 3 == 0:
        return []
    return [Finding(("CIRC",), circle=(300, 150, 30), pathology=("benign", "malignant")[patient % 2])]


@pytest.fixture
def both(make_list: Make, cut: Make) -> tuple[dict[str, Any], dict[str, Any]]:
    images = make_list(masses, 30)
    options = {"labels_": "benign_malignant", "options": {"around": "4"}}
    return cut(images, "context", **options), cut(images, "context", split="patches", **options)


def test_the_same_patches_without_regard_to_patients(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    right, wrong = both

    def pool(made: dict[str, Any]) -> list[tuple[object, ...]]:
        return sorted((i["image"], i["label"], *i["box"]) for section in SECTIONS for i in made[section])

    def patients(made: dict[str, Any], section: str) -> set[str]:
        return {item["patient"] for item in made[section]}

    assert pool(right) == pool(wrong)
    assert [len(right[s]) for s in SECTIONS] == [len(wrong[s]) for s in SECTIONS]
    assert not patients(right, "training") & patients(right, "test")
    assert patients(wrong, "training") & patients(wrong, "test")


def test_every_item_says_so_and_the_digest_vouches_for_it(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    right, wrong = both
    assert all(item[MARK] == ON_PURPOSE for section in SECTIONS for item in wrong[section])
    assert not any(MARK in item for section in SECTIONS for item in right[section])
    assert wrong["patches"]["split"] == "patches" and wrong["guard"]["checked"] == []
    assert wrong["guard"]["broken"] == ON_PURPOSE and "broken" not in right["guard"]
    assert wrong["digest"] != right["digest"]


def test_it_can_be_written_and_read_with_a_warning(both: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="ON PURPOSE"):
        datalist.write(both[1], tmp_path / "wrong.json")
    with pytest.warns(UserWarning, match="ON PURPOSE"):
        assert datalist.read(tmp_path / "wrong.json")["digest"] == both[1]["digest"]
