from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.datasets.leakage import bonds, groups, guard, joined, without_leaks
from mammo_monai.errors import MammoError

ZERO = "0" * 64
CLOSE = "f" * 12 + "0" * 52  # 48 bits from ZERO
FAR = "f" * 12 + "1" + "0" * 51  # 49 bits from ZERO


def item(patient: str, image: str = "", **fields: str) -> dict[str, Any]:
    plain = {"image": image or f"{patient}.png", "dataset": "d", "patient": patient, "exam": f"exam {patient}"}
    return {**plain, "sha256": "", "phash": "", **fields}


def lists(training: list[dict[str, Any]], test: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {"training": training, "validation": [], "test": test}


@pytest.mark.parametrize(
    ("kind", "one", "other", "named"),
    [
        ("patient", item("a", "1.png"), item("a", "2.png", exam="x"), r"patient a \(training, test\)"),
        ("exam", item("a", exam="x"), item("b", exam="x"), r"exam x \(training, test\)"),
        ("content", item("a", sha256="5"), item("b", sha256="5"), r"content a\.png = b\.png \(training, test\)"),
        ("near", item("a", phash=ZERO), item("b", phash=CLOSE), r"near a\.png ~ b\.png \(48 bits\) \(training, test\)"),
    ],
)
def test_each_kind_of_leak_is_named(kind: str, one: dict[str, Any], other: dict[str, Any], named: str) -> None:
    with pytest.raises(MammoError, match=named) as error:
        guard(lists([one], [other]))
    assert error.value.reason == f"{kind}-leak" and "--leaks drop" in str(error.value)
    guard(lists([one, other], []))
    assert len(set(groups([one, other], list(bonds([one, other]))))) == 1


def test_what_joins_patients_is_named() -> None:
    held = [item("a", "1", sha256="5", phash=ZERO), item("a", "2", exam="x"), item("b", "3", sha256="5", phash=CLOSE)]
    held += [item("a", "4", dataset="d2", phash=ZERO)]
    assert joined(held, bonds(held)) == {
        "content": ["1 = 3"], "near": ["1 ~ 3 (48 bits)", "1 ~ 4 (0 bits)", "3 ~ 4 (48 bits)"],
    }  # fmt: skip


def test_what_is_no_leak() -> None:
    guard(lists([item("a", dataset="d1")], [item("a", dataset="d2", image="b.png")]))  # another data set's patient a
    guard(lists([item("a", phash=ZERO)], [item("b", phash=FAR)]))
    guard(lists([item("a", phash=ZERO)], [item("b", phash=ZERO)]), near=False)
    guard(lists([item("a"), item("c")], [item("b")]))  # nothing was hashed


def test_near_duplicates_of_one_patient_are_not_looked_for() -> None:
    assert [bond.kind for bond in bonds([item("a", "1", phash=ZERO), item("a", "2", phash=ZERO)])] == [
        "patient",
        "exam",
    ]


def test_many_leaks_are_counted_and_the_first_named() -> None:
    many = [item(f"p{i:02d}") for i in range(25)]
    with pytest.raises(MammoError, match=r"25 patients, 25 exams stand .* patient p09 .* and 40 more; ") as error:
        guard(lists(many, many))
    assert error.value.reason == "patient-leak"


def test_a_group_hangs_together_through_others() -> None:
    chain = [item("b", exam="1"), item("a", exam="1", sha256="x"), item("c", sha256="x", phash=ZERO)]
    chain += [item("d", phash=CLOSE), item("e")]
    assert groups(chain, list(bonds(chain))) == ["d a"] * 4 + ["d e"]


@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), max_size=20))
def test_groups_are_the_smallest_sets_that_no_bond_leaves(keys: list[tuple[int, int, int]]) -> None:
    items = [item(f"p{p}", f"{i}.png", exam=f"e{e}", sha256=f"s{s}") for i, (p, e, s) in enumerate(keys)]
    merged = [{i} for i in range(len(items))]  # join sets until nothing changes
    for i, one in enumerate(keys):
        for j, other in enumerate(keys):
            if any(a == b for a, b in zip(one, other, strict=True)):
                both = next(m for m in merged if i in m) | next(m for m in merged if j in m)
                merged = [m for m in merged if not m & both] + [both]
    found = groups(items, list(bonds(items)))
    assert {frozenset(m) for m in merged} == {
        frozenset(i for i, name in enumerate(found) if name == group) for group in set(found)
    }


def test_the_later_section_stays() -> None:
    fates = ["training", "open", "validation", "test", "training", "missing-file", "validation"]
    group = ["a", "a", "a", "a", "b", "b", "b"]
    expected = ["leak", "leak", "leak", "test", "leak", "leak", "validation"]
    assert without_leaks(fates, group) == expected
