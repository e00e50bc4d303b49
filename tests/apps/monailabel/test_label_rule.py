"""What a label may say, and what it comes to."""

from __future__ import annotations

import pytest


@pytest.fixture
def birads():
    from lib.label_rule import LabelRule

    return LabelRule.of(["045", "1", "23"], "birads3")


@pytest.mark.parametrize(
    ("value", "spelled", "class_name"),
    [("2", "2", "23"), ("BI-RADS 4a", "4A", "045"), (3, "3", "23"), (" 1 ", "1", "1"), ("0", "0", "045")],
)
def test_a_category_in_any_spelling_of_our_tables(birads, value, spelled, class_name):
    label = birads.parse({"birads": value, "reader": "N. V. A.", "note": "left"})
    assert (label.field, label.value, label.class_name) == ("birads", spelled, class_name)
    assert (label.of, label.reader, label.note) == ("image", "N. V. A.", "left")


def test_a_class_itself(birads):
    label = birads.parse({"class": "045", "of": "breast", "laterality": "L"})
    assert (label.class_name, label.of, label.laterality) == ("045", "breast", "L")


def test_pathology_where_the_label_map_reads_it():
    from lib.label_rule import LabelRule

    from mammo_monai.errors import MammoError

    rule = LabelRule.of(["benign", "malignant"], "benign_malignant")
    assert rule.parse({"pathology": "MALIGNANT"}).class_name == "malignant"
    with pytest.raises(MammoError, match="'birads'"):
        rule.parse({"birads": "2"})


@pytest.mark.parametrize("content", [None, 1, [], "4", {"birads": None}, {"birads": ["4"]}, {"birads": {}}, {1: "4"}])
def test_whatever_else_is_refused(birads, content):
    from mammo_monai.errors import MammoError

    with pytest.raises(MammoError, match="expected such as"):
        birads.parse(content)


def test_a_map_of_other_classes_or_order_is_refused():
    from lib.label_rule import LabelRule

    from mammo_monai.errors import MammoError

    for classes in (["1", "045", "23"], ["a", "b"]):
        with pytest.raises(MammoError, match="leads to 045, 1, 23"):
            LabelRule.of(classes, "birads3")


def test_the_record_of_a_label_keeps_value_and_class(birads):
    from mammo_monai.datasets.records import Record

    record = birads.record(birads.parse({"birads": "4B"}), Record("a.dcm", "p", "e", "L", "CC"))
    assert (record.birads, record.extra, record.laterality) == ("4B", {"class": "045"}, "L")
    assert birads.of_classes.label(record) == "045"
    named = birads.record(birads.parse({"class": "1"}), Record("a.dcm", "p", "e"))
    assert named.birads is None and birads.of_classes.label(named) == "1"
