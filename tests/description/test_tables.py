"""Every number here was counted by hand from the eight rows of ``conftest.py``."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mammo_monai.description.tables import Table, tables


@pytest.fixture
def made(small: dict[str, Any]) -> dict[str, Table]:
    return {table.name: table for table in tables(small)}


def numbers(table: Table) -> dict[str, tuple[object, ...]]:
    """Training, validation, test and total of each row."""
    return {str(row[0]): row[1:5] for row in table.rows}


def test_identifiers_belong_to_a_data_set_and_units_count_once(made: dict[str, Table]) -> None:
    assert numbers(made["sections"]) == {
        "patients": (2, 0, 1, 3),
        "exams": (3, 0, 1, 4),
        "breasts": (5, 0, 1, 6),  # a L, a R, b L, and two images whose side is unknown
        "images": (6, 0, 2, 8),
    }


def test_class_by_view(made: dict[str, Table]) -> None:
    table = made["class_by_view"]
    assert numbers(table) == {
        "fine": (4, 0, 1, 5),
        "fine ?-?": (1, 0, 0, 1),
        "fine L-CC": (2, 0, 0, 2),
        "fine L-MLO": (1, 0, 0, 1),
        "fine R-MLO": (0, 0, 1, 1),
        "<i>ill</i>": (2, 0, 1, 3),
        "<i>ill</i> ?-?": (1, 0, 0, 1),
        "<i>ill</i> R-CC": (1, 0, 1, 2),
        "all": (6, 0, 2, 8),
    }
    assert table.rows[0][5:] == (66.667, "", 50.0, 62.5)  # of no validation image nothing is a share
    assert table.bars == len(table.rows) - 1


def test_breasts_and_images_of_a_category(made: dict[str, Table]) -> None:
    assert numbers(made["birads_images"]) == {"1": (4, 0, 1, 5), "4A": (1, 0, 1, 2), "5": (1, 0, 0, 1)}
    assert numbers(made["birads_breasts"]) == {"1": (3, 0, 1, 4), "4A": (1, 0, 1, 2), "5": (1, 0, 0, 1)}
    assert made["birads_breasts"].note == "1 breasts have several categories and count in each."
    assert made["birads_breasts"].rows[0][5:] == (60.0, "", 100.0, 66.667)
    assert numbers(made["density_breasts"]) == {
        "B": (2, 0, 0, 2),
        "C": (1, 0, 0, 1),
        "D": (0, 0, 1, 1),
        "unknown": (2, 0, 0, 2),
    }
    assert "pathology_images" not in made  # nothing is known of it


def test_findings_per_hundred_images(made: dict[str, Table]) -> None:
    assert numbers(made["findings"]) == {"Asymmetry": (0, 0, 1, 1), "Mass": (2, 0, 0, 2), "Skin <b>": (1, 0, 0, 1)}
    mass = made["findings"].rows[1]
    assert mass[5:] == (33.333, "", 0.0, 25.0)
    assert numbers(made["finding_birads"]) == {"4A": (1, 0, 0, 1), "5": (0, 0, 1, 1), "unknown": (1, 0, 0, 1)}


def test_ages_are_those_of_exams_and_none_is_made_up(made: dict[str, Table]) -> None:
    assert numbers(made["ages"]) == {"40-44": (1, 0, 0, 1), "45-49": (0, 0, 0, 0), "50-54": (1, 0, 0, 1)}
    assert made["ages"].note == "2 of 4 exams state an age."


def test_what_the_datalist_says_of_itself(made: dict[str, Table]) -> None:
    assert made["left_out"].rows == (("birads-unknown", 1), ("missing-file", 2))
    assert made["notes"].rows == (("box-clipped", 3),)
    assert made["balance"].rows == (("class fine", 2.5, 3, 2.5, 3, 2.5, 3),)


def test_a_merged_list_shows_its_sources(small: dict[str, Any]) -> None:
    small["confounding"] = {"table": {"fine": {"a": 4, "b": 1}}, "cramers_v": 0.5, "warnings": ["80% of fine ..."]}
    (table,) = [table for table in tables(small) if table.name == "class_by_source"]
    assert (table.header, table.rows, table.note) == (("", "a", "b"), (("fine", 4, 1),), "80% of fine ...")


def test_items_of_one_image_are_counted_as_items(small: dict[str, Any]) -> None:
    small["training"].append(small["training"][2])
    (table,) = [table for table in tables(small) if table.name == "sections"]
    assert numbers(table)["images"] == (6, 0, 2, 8) and numbers(table)["items"] == (7, 0, 2, 9)


def test_a_list_without_further_keys(small: dict[str, Any]) -> None:
    for key in ("left_out", "notes", "balance"):
        del small[key]
    small["training"] = [{**item, "birads": "", "density": "", "age": "", "findings": []} for item in small["training"]]
    small["test"] = []
    assert Counter(table.name for table in tables(small)) == Counter(["sections", "class_by_view"])
