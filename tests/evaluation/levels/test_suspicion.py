from __future__ import annotations

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.levels.suspicion import least_first


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("045 1 23", "1 23 045"),
        ("23 045 1", "1 23 045"),
        ("0 1 2", "1 2 0"),
        ("1 2 3 4 5", "1 2 3 4 5"),
        ("123 45", "123 45"),
        ("malignant benign", "benign malignant"),
        ("normal abnormal", "normal abnormal"),
    ],
)
def test_the_order_of_the_maps_that_come_with_the_package(names: str, expected: str) -> None:
    assert [names.split()[i] for i in least_first(names.split())] == expected.split()


def test_an_order_of_one_s_own() -> None:
    assert least_first(["a", "b", "c"], ["c", "a", "b"]) == [2, 0, 1]
    assert least_first(["045", "1", "23"], ["045", "23", "1"]) == [0, 2, 1]


@pytest.mark.parametrize(
    ("names", "order"),
    [("a b", ""), ("A B C D", ""), ("a b", "a"), ("a b", "a a"), ("a b", "a c"), ("a b", "a b c")],
)
def test_no_order_is_guessed(names: str, order: str) -> None:
    with pytest.raises(MammoError, match="name each of the classes"):
        least_first(names.split(), order.split())
