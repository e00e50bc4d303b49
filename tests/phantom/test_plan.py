from __future__ import annotations

from collections import Counter

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.phantom.plan import PREVALENCE, plan_exams

SEED_000_CLASS = {1: "1", 2: "23", 3: "23", 4: "045", 5: "045"}


def categories(plan, split):
    return [birads for exam in plan if exam.split == split for birads in exam.birads.values()]


@pytest.mark.parametrize("seed", range(8))
def test_ten_exams_hold_every_class_in_both_splits(seed):
    plan = plan_exams(10, seed)
    for split in ("training", "test"):
        assert {SEED_000_CLASS[c] for c in categories(plan, split)} == {"045", "1", "23"}


@pytest.mark.parametrize(("exams", "test"), [(1, 0), (3, 1), (7, 1), (8, 2), (10, 2), (60, 12), (100, 20)])
def test_a_fifth_is_the_official_test_split(exams, test):
    assert sum(exam.split == "test" for exam in plan_exams(exams, 0)) == test


@pytest.mark.parametrize("prevalence", [PREVALENCE, {1: 70, 2: 20, 3: 4, 4: 4, 5: 2}, {5: 1}])
def test_categories_follow_the_prevalence_in_each_split(prevalence):
    plan = plan_exams(100, 3, prevalence)
    for split in ("training", "test"):
        drawn = Counter(categories(plan, split))
        for category in range(1, 6):
            due = prevalence.get(category, 0) / sum(prevalence.values()) * drawn.total()
            assert abs(drawn[category] - due) < 1.5


def test_an_exam_does_not_depend_on_how_many_follow():
    assert plan_exams(30, 5)[:7] == plan_exams(7, 5)


def test_seeds_differ_and_sides_are_balanced():
    assert plan_exams(20, 0) != plan_exams(20, 1)
    left = Counter(exam.birads["L"] == 1 for exam in plan_exams(200, 0))
    assert 50 < left[True] < 110  # 80 due
    assert {exam.density for exam in plan_exams(60, 0)} == set("ABCD")


def test_streams_are_independent_of_each_other():
    exam = plan_exams(1, 0)[0]
    assert exam.rng(1).random() == exam.rng(1).random() != exam.rng(2).random()


@pytest.mark.parametrize(
    ("exams", "seed", "prevalence"),
    [
        (0, 0, PREVALENCE),
        (1, -1, PREVALENCE),
        (1, 0, {0: 1.0}),
        (1, 0, {1: -1.0, 2: 2.0}),
        (1, 0, {1: 0.0}),
        (1, 0, {}),
        (1, 0, {1: float("nan")}),
        (1, 0, {1: float("inf")}),
    ],
)
def test_impossible_plans_are_refused_in_one_line(exams, seed, prevalence):
    with pytest.raises(MammoError) as caught:
        plan_exams(exams, seed, prevalence)
    assert "\n" not in str(caught.value) and "expected" in str(caught.value)
