"""Images to breasts, exams and patients, with numbers worked out by hand."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import levels
from mammo_monai.evaluation.levels import at_level
from mammo_monai.evaluation.scored import Scored

CLASSES = ("045", "1", "23")
COLUMNS = ("path", "patient", "exam", "laterality", "view")
Image = tuple[str, str, str, str, str, tuple[float, float, float]]
"""Patient, exam, laterality, view, label, probabilities of 045, 1, 23."""

WOMAN: list[Image] = [
    ("ann", "e1", "L", "CC", "1", (0.1, 0.8, 0.1)),
    ("ann", "e1", "L", "MLO", "1", (0.2, 0.6, 0.2)),
    ("ann", "e1", "R", "CC", "23", (0.3, 0.3, 0.4)),
    ("ann", "e1", "R", "MLO", "045", (0.7, 0.2, 0.1)),
]


def scored(rows: Sequence[Image], **more: Sequence[str]) -> Scored:
    """A table of these images; a column that is given replaces the one of that name."""
    columns = {
        "path": tuple(f"{i}.png" for i in range(len(rows))),
        **{name: tuple(str(row[i]) for row in rows) for i, name in enumerate(COLUMNS[1:])},
        **{name: tuple(cells) for name, cells in more.items()},
    }
    return Scored(
        CLASSES,
        np.array([CLASSES.index(row[4]) for row in rows]),
        np.array([row[5] for row in rows]),
        np.array([row[0] for row in rows]),
        columns,
        {"without-label": 3},
    )


def labels(table: Scored) -> list[str]:
    return [table.class_names[i] for i in table.labels]


def test_four_views_by_hand() -> None:
    breasts = at_level(scored(WOMAN), "breast", "mean")
    assert breasts.columns["id"] == ("ann e1 L", "ann e1 R")
    assert breasts.probabilities == pytest.approx(np.array([[0.15, 0.7, 0.15], [0.5, 0.25, 0.25]]))
    assert labels(breasts) == ["1", "045"]
    assert breasts.columns["images"] == ("2", "2") and breasts.columns["missing"] == ("", "")
    assert breasts.columns["laterality"] == ("L", "R") and breasts.columns["view"] == ("", "")
    assert "path" not in breasts.columns
    assert breasts.notes == {
        "without-label": 3, "breast-pooled": 2, "breast-labels-differ": 1, "standard-views-complete": 2,
    }  # fmt: skip
    exam = at_level(scored(WOMAN), "exam", "mean")
    assert exam.probabilities == pytest.approx(np.array([[1.3 / 4, 1.9 / 4, 0.8 / 4]]))
    assert labels(exam) == ["045"] and list(exam.patients) == ["ann"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # P(1), P(1 or 23) of the views: .8 .9, .6 .8, .3 .7, .2 .3; the least of each, or their product
        ("max", (1 - 0.3, 0.2, 0.3 - 0.2)),
        ("noisy_or", (1 - 0.9 * 0.8 * 0.7 * 0.3, 0.8 * 0.6 * 0.3 * 0.2, 0.9 * 0.8 * 0.7 * 0.3 - 0.8 * 0.6 * 0.3 * 0.2)),
        ("most_suspicious", (0.7, 0.2, 0.1)),
        ("mean", (0.325, 0.475, 0.2)),
    ],
)
@pytest.mark.parametrize("level", ["exam", "patient"])
def test_every_rule_at_exam_level(rule: str, expected: tuple[float, ...], level: str) -> None:
    assert at_level(scored(WOMAN), level, rule).probabilities[0] == pytest.approx(expected)


def test_another_order_of_suspicion_is_another_result() -> None:
    table = scored(WOMAN)
    turned = at_level(table, "exam", "max", order=["045", "23", "1"])
    assert labels(turned) == ["1"] and turned.probabilities[0, 1] == pytest.approx(0.8)


def test_missing_views_are_counted_and_do_not_count() -> None:
    table = at_level(scored([WOMAN[0], WOMAN[3]]), "exam", "mean")
    assert table.probabilities[0] == pytest.approx([0.4, 0.5, 0.1])
    assert table.columns["missing"] == ("L-MLO R-CC",)
    assert {code: n for code, n in table.notes.items() if "view" in code or "missing" in code} == {
        "missing-L-MLO": 1, "missing-R-CC": 1,
    }  # fmt: skip
    breasts = at_level(scored([WOMAN[0], WOMAN[3]]), "breast", "mean")
    assert breasts.columns["missing"] == ("L-MLO", "R-CC")


def test_a_repeated_view_counts_once() -> None:
    again: Image = ("ann", "e1", "L", "CC", "1", (0.5, 0.4, 0.1))
    table = at_level(scored([*WOMAN, again]), "breast", "mean")
    assert table.probabilities[0] == pytest.approx([(0.3 + 0.2) / 2, (0.6 + 0.6) / 2, (0.1 + 0.2) / 2])
    assert table.notes["repeated-views"] == 1 and table.columns["images"] == ("3", "2")
    next_year: Image = ("ann", "e2", "L", "CC", "1", (0.5, 0.4, 0.1))
    assert "repeated-views" not in at_level(scored([*WOMAN, next_year]), "patient", "mean").notes


def test_other_views_count_and_are_counted() -> None:
    spot: Image = ("ann", "e1", "L", "ML", "1", (0.5, 0.4, 0.1))
    table = at_level(scored([*WOMAN, spot]), "breast", "mean")
    assert table.notes["other-views"] == 1
    assert table.probabilities[0, 0] == pytest.approx((0.1 + 0.2 + 0.5) / 3)


def test_an_image_of_unknown_side_is_a_breast_of_its_own() -> None:
    unknown: list[Image] = [
        ("ann", "e1", "", "CC", "1", (0.1, 0.8, 0.1)),
        ("ann", "e1", "", "CC", "1", (0.2, 0.6, 0.2)),
    ]
    table = at_level(scored([*WOMAN, *unknown]), "breast", "mean")
    assert len(table) == 4
    assert table.notes["laterality-unknown"] == 2 and "repeated-views" not in table.notes
    assert len(at_level(scored([*WOMAN, *unknown]), "exam", "mean")) == 1


def test_exams_with_one_name_belong_to_two_women() -> None:
    others: list[Image] = [("bea", *row[1:]) for row in WOMAN]  # type: ignore[misc]
    assert len(at_level(scored([*WOMAN, *others]), "exam")) == 2
    same = at_level(scored([*WOMAN, *WOMAN], dataset=["x"] * 4 + ["y"] * 4, path=["a", "b", "c", "d"] * 2), "patient")
    assert len(same) == 2


def test_patches_of_one_image() -> None:
    rows = [WOMAN[0], WOMAN[3], WOMAN[1]]
    table = scored(rows, path=["a", "a", "b"], laterality="LLL", view=["CC", "CC", "MLO"], row_min="012", finding="012")
    images = at_level(table, "image", "max")
    assert images.columns["path"] == ("a", "b") and not {"row_min", "finding"} & images.columns.keys()
    assert labels(images) == ["045", "1"]
    assert images.notes == {"without-label": 3, "image-pooled": 1, "image-labels-differ": 1}
    breast = at_level(table, "breast", "mean")
    assert breast.probabilities[0] == pytest.approx([(0.4 + 0.2) / 2, (0.5 + 0.6) / 2, (0.1 + 0.2) / 2])
    assert "repeated-views" not in breast.notes and breast.columns["images"] == ("2",)


def test_units_without_a_patient_are_counted_as_units() -> None:
    table = replace(scored(WOMAN, patient=[""] * 4), notes={"without-patient": 4})
    assert at_level(table, "breast").notes["without-patient"] == 2
    assert at_level(table, "exam").notes["without-patient"] == 1


def test_disputed_identities_are_counted() -> None:
    table = scored(WOMAN, conflict=["laterality L by tags, R by pixels", "", "", ""])
    assert at_level(table, "exam").notes["identity-conflict"] == 1


def test_an_image_whose_side_is_contradicted_is_pooled_with_no_other_of_a_breast() -> None:
    """As inference leaves it by itself; a contradicted view leaves the side as it is."""
    table = scored(WOMAN, conflict=["laterality L by tags, R by pixels", "", "view CC by tags, MLO by list", ""])
    breasts = at_level(table, "breast")
    assert breasts.columns["laterality"] == ("", "L", "R") and breasts.columns["images"] == ("1", "1", "2")
    assert breasts.probabilities[:2] == pytest.approx(np.array([[0.1, 0.8, 0.1], [0.2, 0.6, 0.2]]))
    assert breasts.notes["laterality-unknown"] == 1
    assert at_level(table, "image").columns["laterality"] == table.columns["laterality"]


def test_rounded_probabilities_become_a_distribution() -> None:
    rounded: list[Image] = [
        ("ann", "e1", side, view, "1", (0.333, 0.333, 0.333)) for side in "LR" for view in ("CC", "MLO")
    ]
    for rule in ("max", "mean", "noisy_or", "most_suspicious"):
        assert at_level(scored(rounded), "exam", rule).probabilities.sum() == pytest.approx(1)


def test_names() -> None:
    assert levels.names() == ["image", "breast", "exam", "patient"]


@pytest.mark.parametrize(
    ("options", "more", "expected"),
    [
        ({"level": "study"}, {}, "no level 'study'"),
        ({"rule": "vote"}, {}, "no rule 'vote'"),
        ({"truth": "best"}, {}, "no truth 'best'"),
        ({"order": ["1", "23"]}, {}, "order of suspicion 1, 23"),
        ({"truth": "same"}, {}, r"exam ann e1 has the labels 045 and 1 and 23 \(1 such\)"),
        ({}, {"exam": ["e1", "", "", "e1"]}, "2 of 4 rows without exam"),
        ({"level": "patient"}, {"patient": ["", "", "", ""]}, "4 of 4 rows without patient"),
        ({}, {"path": "aabc", "exam": ["e1", "e2", "e1", "e1"]}, "image a belongs to the exams ann e1 and ann e2"),
    ],
)
def test_what_is_refused(options: dict[str, object], more: dict[str, Sequence[str]], expected: str) -> None:
    with pytest.raises(MammoError, match=expected) as caught:
        at_level(scored(WOMAN, **more), **{"level": "exam", **options})  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_no_path_is_needed() -> None:
    table = scored(WOMAN)
    bare = Scored(CLASSES, table.labels, table.probabilities, table.patients, {"exam": ("e",) * 4})
    assert len(at_level(bare, "image")) == 4 and len(at_level(bare, "breast")) == 4 and len(at_level(bare, "exam")) == 1


chance = st.integers(0, 2**32 - 1)


@given(chance, st.sampled_from(["max", "mean", "noisy_or", "most_suspicious"]), st.sampled_from(levels.names()))
def test_the_order_of_the_rows_does_not_matter(seed: int, rule: str, level: str) -> None:
    rng = np.random.default_rng(seed)
    rows: list[Image] = [
        (f"p{i % 3}", f"e{i % 4}", rng.choice(["L", "R", ""]), rng.choice(["CC", "MLO", "ML", ""]),
         str(rng.choice(CLASSES)), tuple(rng.dirichlet([1, 1, 1])))
        for i in range(12)
    ]  # fmt: skip
    table = scored(rows)
    order = rng.permutation(12)
    straight, shuffled = at_level(table, level, rule), at_level(table.take(order), level, rule)
    assert straight.notes == shuffled.notes
    name = "path" if level == "image" else "id"
    there = {key: i for i, key in enumerate(shuffled.columns[name])}
    place = [there[key] for key in straight.columns[name]]
    assert straight.probabilities == pytest.approx(shuffled.probabilities[place])
    assert (straight.labels == shuffled.labels[place]).all()
    assert straight.probabilities.sum(1) == pytest.approx(1)
    if level == "image":
        assert straight.probabilities == pytest.approx(table.probabilities)


def test_the_truth_of_an_exam_is_that_of_datasets_levels() -> None:
    """The same films as records: the worst category of the exam, as a class."""
    from mammo_monai.datasets import labels as maps
    from mammo_monai.datasets.levels import at_level as records_at_level
    from mammo_monai.datasets.records import Record

    random.seed(4)
    birads = maps.load("birads3")
    records = [
        Record(f"{i}.png", f"p{i % 9}", f"e{i % 9}", laterality="LR"[i % 2], view="CC", birads=random.choice("012345"))
        for i in range(60)
    ]  # fmt: skip
    rows: list[Image] = [
        (r.patient, r.exam, r.laterality or "", "CC", birads.label(r) or "", (1 / 3, 1 / 3, 1 / 3)) for r in records
    ]
    worst = defaultdict(set)
    for record in records_at_level(records, "exam"):
        worst[record.exam].add(birads.label(record))
    found = at_level(scored(rows), "exam")
    assert {name: {label} for name, label in zip(found.columns["exam"], labels(found), strict=True)} == worst
