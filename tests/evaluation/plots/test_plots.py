from __future__ import annotations

import importlib

import cv2
import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import plots, scored
from mammo_monai.evaluation.plots import _one_against_rest, _style

PICTURES = ["calibration", "confusion", "curves", "distribution", "precision_recall", "roc"]


def test_a_picture_is_a_module():
    assert plots.names() == PICTURES


def test_every_picture_that_applies_is_written(tmp_path, four_rows, monkeypatch):
    (tmp_path / "curves.png").write_text("of an earlier evaluation")
    (tmp_path / "examples.png").write_text("not one of these")
    without = [f"{name}.png" for name in PICTURES if name != "curves"]
    assert plots.draw_all(tmp_path, four_rows) == without
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*without, "examples.png"])
    for name in without:
        picture = cv2.imread(str(tmp_path / name))
        assert picture.std() > 10 and min(picture.shape[:2]) > 2 * plots.DPI
    (tmp_path / "history.csv").write_text("epoch,val_loss\n1,0.5\n")
    monkeypatch.setattr(plots, "names", lambda: ["curves"])
    assert plots.draw_all(tmp_path, four_rows) == ["curves.png"]


@pytest.mark.parametrize("names", [["$x_{", "_b", "a\nb", "%d {0}"], ["", "x" * 500, "<b>&amp;"]])
@pytest.mark.filterwarnings("error")
def test_names_of_every_kind(tmp_path, names):
    random = np.random.default_rng(1)
    given = scored.of(random.choice(len(names), 5), random.dirichlet(np.ones(len(names)), 5), names)
    assert len(plots.draw_all(tmp_path, given)) == 5


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.filterwarnings("error")
def test_one_row_and_equal_and_certain_probabilities(tmp_path, name):
    picture = importlib.import_module(f"{plots.__name__}.{name}")
    for labels, probabilities in (
        ([1], np.full((1, 3), 1 / 3)),
        ([0, 1, 2, 0], np.full((4, 3), 1 / 3)),
        ([0, 1, 2, 0], np.eye(3)[[0, 1, 2, 1]]),
    ):
        drawn = picture.draw(scored.of(labels, probabilities, ["a", "b", "c"]), tmp_path)
        assert (drawn is None) == (name == "curves")


def test_a_place_that_cannot_be_written_is_a_named_error(tmp_path, four_rows, monkeypatch):
    monkeypatch.setattr(plots, "names", lambda: ["roc"])
    (tmp_path / "roc.png").mkdir()
    with pytest.raises(MammoError, match=r"roc\.png: is not a regular file"):
        plots.draw_all(tmp_path, four_rows)


def test_no_two_of_thirty_classes_look_alike():
    given = scored.of([0], np.full((1, 30), 1 / 30), [f"class {i}" for i in range(30)])
    looks = [tuple(one.style.values()) for one in _one_against_rest.classes(given)]
    assert len(set(looks)) == 30
    assert len({colour for colour, _ in looks[:6]}) == 6


def test_of_two_classes_the_second_is_told_from_the_first(four_rows):
    (one,) = _one_against_rest.distinct(four_rows)
    assert (one.key, one.rest, one.undefined, one.truth.tolist()) == (
        "malignant",
        "benign",
        "",
        [True] * 2 + [False] * 2,
    )


def test_why_a_class_is_undefined(one_class, five):
    assert [one.undefined for one in _one_against_rest.classes(one_class)] == [
        "undefined: no case",
        "undefined: no case of another class",
    ]
    assert [bool(one.undefined) for one in _one_against_rest.distinct(five)] == [False, False, True, False, False]
    assert {one.rest for one in _one_against_rest.distinct(five)} == {"all others"}


@pytest.mark.parametrize(
    ("name", "drawn"),
    [("benign\n mass", "benign mass"), ("_a_b", " _a_b"), ("$a$", r"\$a\$"), ("x" * 41, "x" * 39 + "…"), ("é", "é")],
)
def test_names_as_they_are_drawn(name, drawn):
    assert _style.drawn_name(name) == drawn
