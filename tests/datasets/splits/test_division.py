from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mammo_monai.datasets.records import SECTIONS, Record
from mammo_monai.datasets.splits import methods
from mammo_monai.datasets.splits.division import Division, divide
from mammo_monai.errors import MammoError


def official(sections: Sequence[str | None]) -> list[Record]:
    return [Record(f"{i}.png", f"p{i}", f"e{i}", split=section) for i, section in enumerate(sections)]


def vendors(names: Sequence[str]) -> list[Record]:
    return [Record(f"{i}.png", f"p{i}", f"e{i}", extra={"vendor": name}) for i, name in enumerate(names)]


def divided(records: list[Record], **options: Any) -> list[Division]:
    attributes = [("ab"[i % 2],) for i in range(len(records))]
    return divide(records, [record.patient for record in records], attributes, **options)


def test_every_method_is_listed() -> None:
    assert methods.names() == ["holdout", "official", "random"]


def test_random_divides_everything_as_asked() -> None:
    [division] = divided(official([None] * 100), ratios=(70, 15, 15))
    assert [division.fates.count(section) for section in SECTIONS] == [70, 15, 15]
    assert division.asked == pytest.approx({"training": 0.7, "validation": 0.15, "test": 0.15})


def test_an_official_test_is_kept_and_its_training_divided() -> None:
    records = official(["test"] * 5 + ["training"] * 20 + [None])
    [division] = divided(records, method="official", ratios=(75, 25, 99))
    assert division.fates[:5] == ["test"] * 5 and division.fates[-1] == "no-official-split"
    assert sorted(set(division.fates[5:25])) == ["training", "validation"]
    assert division.fates.count("validation") == 5
    assert division.asked == pytest.approx({"training": 0.6, "validation": 0.2, "test": 0.2})
    assert divided(records, method="official", ratios=(3, 1))[0].fates == division.fates


def test_an_official_validation_is_kept_too() -> None:
    sections = ["training", "validation", "test"] * 3
    [division] = divided(official(sections), method="official", ratios=(1, 1, 1))
    assert division.fates == sections


def test_a_vendor_is_held_out() -> None:
    records = vendors(["SIEMENS", "IMS", "Planmed", "siemens", ""] * 20)
    [division] = divided(records, method="holdout", options={"by": "vendor", "test": "Siemens"}, ratios=(3, 1))
    for record, fate in zip(records, division.fates, strict=True):
        expected = {"siemens": {"test"}, "": {"vendor-unknown"}}
        assert fate in expected.get(record.extra["vendor"].lower(), {"training", "validation"})
    assert [division.fates.count(s) for s in SECTIONS] == [30, 10, 40]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"by": "vendor", "test": "GE"}, r"--by vendor --test GE: no image has 'ge'; found IMS \(2\), Planmed \(1\)"),
        ({"by": "vendor", "test": ""}, "found IMS"),
        ({"by": "site", "test": "Hanoi"}, "no value at all"),
        ({"by": "vendor", "test": "ims,Planmed"}, "nothing is left to train on"),
        ({"by": "vendor"}, "--split holdout takes --by and --test"),
    ],
)
def test_a_holdout_that_cannot_be(options: dict[str, str], line: str) -> None:
    with pytest.raises(MammoError, match=line):
        divided(vendors(["IMS", "IMS", "Planmed"]), method="holdout", options=options)


@pytest.mark.parametrize("folds", [3, 5, 10])
def test_folds_test_everything_once_and_validate_on_the_next(folds: int) -> None:
    divisions = divided(official([None] * 103), folds=folds, seed=3)
    assert len(divisions) == folds
    for i in range(103):
        fates = [division.fates[i] for division in divisions]
        assert fates.count("test") == fates.count("validation") == 1 and fates.count("training") == folds - 2
        assert fates.index("validation") == (fates.index("test") - 1) % folds  # part k+1 validates list k
    for division in divisions:
        assert division.fates.count("test") == pytest.approx(103 / folds, abs=1)
        assert division.asked["training"] == pytest.approx(1 - 2 / folds)


def test_with_an_official_test_only_the_validation_turns() -> None:
    records = official(["test"] * 10 + ["training"] * 40)
    divisions = divided(records, method="official", folds=4)
    for i in range(50):
        fates = [division.fates[i] for division in divisions]
        assert fates == ["test"] * 4 if i < 10 else fates.count("validation") == 1 and "test" not in fates


@pytest.mark.parametrize("folds", [1, 2])
def test_too_few_folds(folds: int) -> None:
    with pytest.raises(MammoError, match="expected 3 or more"):
        divided(official([None] * 9), folds=folds)
    with pytest.raises(MammoError, match="nothing to draw"):
        divided(official(["training", "validation", "test"]), method="official", folds=3)


def test_what_shares_a_group_with_the_test_is_dropped_before_the_rest_is_drawn() -> None:
    records = official(["test", "training", "training", "training", "training"])
    groups = ["a", "a", "b", "c", "d"]
    [division] = divide(records, groups, [("x",)] * 5, method="official", ratios=(2, 1), drop_leaks=True)
    assert division.fates[:2] == ["test", "leak"]
    assert sorted(division.fates[2:]) == ["training", "training", "validation"]
    assert division.asked == pytest.approx({"training": 0.5, "validation": 0.25, "test": 0.25})


def test_fewer_groups_than_parts() -> None:
    records = official([None] * 9)
    with pytest.raises(MammoError, match=r"9 images of 9 patients, .* into 2 group\(s\), are too few for 3 parts"):
        divide(records, [*"aaaaaaaab"], [("x",)] * 9)
    with pytest.raises(MammoError, match="too few for 10 parts"):
        divided(records, folds=10)


def test_splits_that_cannot_be() -> None:
    with pytest.raises(MammoError, match="no official test split"):
        divided(official([None, None]), method="official")
    with pytest.raises(MammoError, match="no split 'kfold'; choose one of holdout, official, random"):
        divided(official([None]), method="kfold")
    with pytest.raises(MammoError, match="--split random takes no option of its own"):
        divided(official([None]), options={"by": "vendor", "test": "x"})
    for ratios in ((70, 15), (1, 1, 1, 1)):
        with pytest.raises(MammoError, match="takes 3 numbers"):
            divided(official([None]), ratios=ratios)
    with pytest.raises(MammoError, match="takes 2 numbers, 1 given"):
        divided(official(["training", "test"]), method="official", ratios=(70,))
