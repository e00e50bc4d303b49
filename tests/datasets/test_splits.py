from __future__ import annotations

import time
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo_monai.datasets.records import Record
from mammo_monai.datasets.splits import assert_patient_disjoint, split, stratify
from mammo_monai.errors import MammoError

# Images of patients: a patient has one to four images, each with one of three classes.
PATIENTS = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), min_size=1, max_size=60)
RATIOS = st.lists(st.floats(0.01, 100), min_size=2, max_size=5)
SEEDS = st.integers(0, 2**32)


def images(patients: list[list[str]]) -> tuple[list[str], list[tuple[str]]]:
    groups = [f"p{i}" for i, classes in enumerate(patients) for _ in classes]
    return groups, [(name,) for classes in patients for name in classes]


@given(PATIENTS, RATIOS, SEEDS)
def test_no_patient_is_divided(patients: list[list[str]], ratios: list[float], seed: int) -> None:
    groups, classes = images(patients)
    parts = stratify(groups, classes, ratios, seed)
    assert len(parts) == len(groups) and set(parts) <= set(range(len(ratios)))
    seen = defaultdict(set)
    for group, part in zip(groups, parts, strict=True):
        seen[group].add(part)
    assert all(len(found) == 1 for found in seen.values())


@given(PATIENTS, RATIOS, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(patients, ratios, seed, random) -> None:
    groups, classes = images(patients)
    parts = stratify(groups, classes, ratios, seed)
    order = list(range(len(groups)))
    random.shuffle(order)
    shuffled = stratify([groups[i] for i in order], [classes[i] for i in order], ratios, seed)
    assert shuffled == [parts[i] for i in order]


@given(
    st.lists(st.sampled_from("abcd"), min_size=3, max_size=80),
    st.sampled_from([(70, 15, 15), (1, 1, 1), (8, 1, 1)]),
    SEEDS,
)
def test_every_class_of_enough_patients_is_in_every_part(classes, ratios, seed) -> None:
    groups = [f"p{i}" for i in range(len(classes))]
    parts = stratify(groups, [(name,) for name in classes], ratios, seed)
    for name in set(classes):
        held = [part for part, own in zip(parts, classes, strict=True) if own == name]
        assert len(set(held)) == min(len(held), len(ratios))


@given(PATIENTS, SEEDS)
def test_two_classes_within_patients_still_reach_every_part(patients: list[list[str]], seed: int) -> None:
    groups, classes = images([["a" if name == "c" else name for name in own] for own in patients])
    parts = stratify(groups, classes, (70, 15, 15), seed)
    for name in "ab":
        holders = {group for group, own in zip(groups, classes, strict=True) if own == (name,)}
        reached = {part for part, own in zip(parts, classes, strict=True) if own == (name,)}
        assert len(reached) == min(3, len(holders))


@given(st.integers(30, 300), SEEDS)
@settings(max_examples=30)
def test_one_image_a_patient_comes_within_one_image_per_class(size: int, seed: int) -> None:
    classes = np.random.default_rng(seed).choice(["a", "b", "c"], size, p=[0.6, 0.3, 0.1])
    parts = np.array(stratify([f"p{i}" for i in range(size)], [(name,) for name in classes], (70, 15, 15), seed))
    for part, share in enumerate((0.7, 0.15, 0.15)):
        for name in "abc":
            asked = share * (classes == name).sum()
            assert abs(((classes == name) & (parts == part)).sum() - asked) <= 1.5


def test_three_classes_that_share_patients() -> None:
    # a = {1, 2, 3}, b = {4, 5, 6}, c = {1, 2, 4}: placing 1, 2 and 4 apart is the only way for c.
    attributes = [("a", "c"), ("a", "c"), ("a",), ("b", "c"), ("b",), ("b",)]
    for seed in range(50):
        parts = stratify(list("123456"), attributes, (70, 15, 15), seed)
        for name in "abc":
            assert {part for part, own in zip(parts, attributes, strict=True) if name in own} == {0, 1, 2}


@given(st.lists(st.integers(1, 1000), min_size=3, max_size=3), SEEDS)
def test_only_the_proportions_of_the_ratios_count(ratios: list[int], seed: int) -> None:
    groups, classes = images([["a"], ["b", "a"], ["c"], ["b"], ["a"]] * 4)
    assert stratify(groups, classes, ratios, seed) == stratify(groups, classes, [r * 1024 for r in ratios], seed)
    total = sum(ratios)  # shares whose floating-point sum need not be 1.0
    stratify(groups, classes, [r / total for r in ratios], seed)


def test_another_seed_is_another_split() -> None:
    groups = [f"p{i}" for i in range(100)]
    assert stratify(groups, [("a",)] * 100, (1, 1), 0) != stratify(groups, [("a",)] * 100, (1, 1), 1)


@pytest.mark.parametrize("ratios", [(), (0, 1), (-1, 1), (float("nan"), 1), (float("inf"), 1)])
def test_ratios_that_are_none(ratios: tuple[float, ...]) -> None:
    with pytest.raises(MammoError, match="expected positive numbers"):
        stratify(["p"], [("a",)], ratios, 0)


def test_tiny_and_huge_ratios_are_fine() -> None:
    assert set(stratify(list("abcd"), [("x",)] * 4, (1e308, 1e308, 1e-300), 0)) == {0, 1, 2}


def test_five_thousand_exams_take_less_than_two_seconds() -> None:
    rng = np.random.default_rng(0)
    breasts = rng.choice(list("12345"), (5000, 2), p=[0.67, 0.2338, 0.0465, 0.0381, 0.0116])
    groups = [f"p{i}" for i in range(5000) for _ in range(4)]
    classes = [(name,) for exam in breasts for name in exam for _ in range(2)]
    start = time.perf_counter()
    parts = np.array(stratify(groups, classes, (70, 15, 15), 0))
    assert time.perf_counter() - start < 2
    names = np.array([name for (name,) in classes])
    for part in range(3):
        for name in "12345":
            assert abs((names[parts == part] == name).mean() - (names == name).mean()) < 0.002


def official(sections: list[str | None]) -> list[Record]:
    return [Record(f"{i}.png", f"p{i}", f"e{i}", split=section) for i, section in enumerate(sections)]


def test_an_official_test_is_kept_and_its_training_divided() -> None:
    records = official(["test"] * 5 + ["training"] * 20 + [None])
    sections = split(records, ["a", "b"] * 13, "official", (75, 25, 99), 0)
    assert sections[:5] == ["test"] * 5 and sections[-1] is None
    assert sorted(set(sections[5:25])) == ["training", "validation"]  # type: ignore[type-var]
    assert sections.count("validation") == 5
    assert sections == split(records, ["a", "b"] * 13, "official", (3, 1), 0)


def test_an_official_validation_is_kept_too() -> None:
    sections = ["training", "validation", "test"] * 3
    assert split(official(list(sections)), ["a"] * 9, "official", (1, 1, 1), 0) == sections


def test_splits_that_cannot_be() -> None:
    with pytest.raises(MammoError, match="no official test split"):
        split(official([None, None]), ["a", "b"], "official", (70, 15, 15), 0)
    with pytest.raises(MammoError, match="no split 'kfold'; choose one of random, official"):
        split(official([None]), ["a"], "kfold", (70, 15, 15), 0)
    with pytest.raises(MammoError, match="takes 3 numbers, 2 given"):
        split(official([None]), ["a"], "random", (70, 15), 0)
    with pytest.raises(MammoError, match="takes 2 numbers, 1 given"):
        split(official(["training", "test"]), ["a", "b"], "official", (70,), 0)


def test_a_leak_names_the_patients() -> None:
    assert_patient_disjoint({"training": ["a", "a"], "validation": [], "test": ["b"]})
    with pytest.raises(MammoError) as error:
        assert_patient_disjoint({"training": ["p2", "p1", "x"], "validation": ["y"], "test": ["p1", "p2"]})
    assert error.value.reason == "patient-leak"
    assert "p1 (training, test); p2 (training, test)" in str(error.value)
    many = [f"p{i:02d}" for i in range(25)]
    with pytest.raises(MammoError, match=r"25 patients .* and 15 more"):
        assert_patient_disjoint({"training": many, "test": many})
