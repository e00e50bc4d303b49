from __future__ import annotations

import pytest

from mammo_monai.names import nearest, same


@pytest.mark.parametrize(
    ("name", "valid", "said"),
    [
        ("resnet81", ["vgg19", "resnet18", "swin_t"], "nearest: resnet18"),
        ("?", ["otsu", "breast"], "choose one of otsu, breast"),
        ("?", [f"row{i}" for i in range(21)], "choose one of the 21 that there are, such as row0, row1, row2"),
        ("?", [], "there are none"),
    ],
)
def test_what_is_said_to_somebody_who_mistyped(name, valid, said):
    assert nearest(name, valid) == said


def test_names_that_differ_in_case_alone_are_the_same():
    assert same(["a", "b", "A"]) == "A"
    assert same(["a", "b"]) is None
