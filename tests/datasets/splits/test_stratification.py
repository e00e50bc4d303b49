from __future__ import annotations

import time
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo_monai.datasets.splits.stratification import stratify
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


Labels = list[tuple[str, str]]


def vindr_like(exams: int, seed: int) -> tuple[list[str], list[Labels]]:
    """Exams of four images with the prevalences of VinDr-Mammo: class, density, view, vendor and rare findings."""
    rng = np.random.default_rng(seed)
    words = ["Mass", "Calcification", "Focal Asymmetry", "Distortion", "Skin Thickening", "Skin Retraction"]
    groups, rows = [], []
    for exam in range(exams):
        density = rng.choice(list("ABCD"), p=[0.005, 0.095, 0.765, 0.135])
        vendor = rng.choice(["Siemens", "IMS", "Planmed"], p=[0.75, 0.15, 0.1])
        for _ in "LR":
            birads = rng.choice(list("12345"), p=[0.6703, 0.2338, 0.0465, 0.0381, 0.0113])
            for view in ("CC", "MLO"):
                marked = rng.choice(words, 1, p=[0.57, 0.23, 0.11, 0.05, 0.03, 0.01]) if birads in "345" else []
                shared = [("class", birads), ("density", density), ("view", view), ("vendor", vendor)]
                rows.append([*shared, *(("finding", word) for word in marked)])
                groups.append(f"p{exam:05d}")
    return groups, rows


def largest_gap(rows: list[Labels], parts: list[int]) -> float:
    """Between an attribute's share of the images of a part and of all images."""
    labels = {label for row in rows for label in row}
    held = np.array([[label in row for label in labels] for row in rows])
    place = np.array(parts)
    return max(abs(held[place == part].mean(axis=0) - held.mean(axis=0)).max() for part in set(parts))


@pytest.mark.parametrize("ratios", [(70, 15, 15), (1, 1, 1, 1, 1)])
def test_five_thousand_exams_take_less_than_two_seconds(ratios: tuple[int, ...]) -> None:
    groups, rows = vindr_like(5000, 0)
    start = time.perf_counter()
    parts = stratify(groups, rows, ratios, 0)
    assert time.perf_counter() - start < 2
    assert largest_gap(rows, parts) < 0.002
    assert [parts.count(part) / 20_000 for part in range(len(ratios))] == pytest.approx(
        [ratio / sum(ratios) for ratio in ratios], abs=0.001
    )


def test_attributes_of_like_size_that_are_all_held_at_once_come_even() -> None:
    """As in CBIS-DDSM, where every patient has a class, a density and a kind, and none is filler."""
    rng = np.random.default_rng(1)
    groups, rows = [], []
    for patient in range(1000):
        kind, density = rng.choice(["mass", "calcification"]), rng.choice(list("ABCD"), p=[0.13, 0.38, 0.31, 0.18])
        for _ in range(rng.integers(1, 5)):
            groups.append(f"p{patient}")
            rows.append([("class", rng.choice(["benign", "malignant"])), ("kind", kind), ("density", density)])
    parts = np.array(stratify(groups, rows, (70, 15), 0))
    for label in sorted({label for row in rows for label in row}):
        held = np.array([label in row for row in rows])
        assert abs(held[parts == 1].sum() - held.sum() * 15 / 85) <= 4
