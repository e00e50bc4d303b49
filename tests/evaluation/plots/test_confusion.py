from __future__ import annotations

from itertools import pairwise

import numpy as np

from mammo_monai.evaluation import scored
from mammo_monai.evaluation.plots import confusion


def texts(axes):
    size = round(len(axes.texts) ** 0.5)
    return np.array([text.get_text() for text in axes.texts]).reshape(size, size).tolist()


def test_counts_and_shares_of_the_true_class():
    called = [0, 0, 0, 1, 1, 0]
    given = scored.of([0, 0, 0, 0, 1, 1], np.eye(3)[called], ["benign", "malignant", "normal"])
    counts, shares = confusion.draw(given, None).axes
    assert texts(counts) == [["3", "1", "0"], ["1", "1", "0"], ["0", "0", "0"]]
    assert texts(shares) == [["0.75", "0.25", "0.00"], ["0.50", "0.50", "0.00"], ["–", "–", "–"]]
    assert [text.get_text() for text in counts.get_yticklabels()] == [
        "benign\n(n = 4)", "malignant\n(n = 2)", "normal\n(n = 0)",
    ]  # fmt: skip
    assert [text.get_text() for text in shares.get_xticklabels()] == ["benign", "malignant", "normal"]
    assert (counts.get_ylabel(), counts.get_xlabel(), shares.get_xlabel()) == ("truth", "predicted", "predicted")


def test_long_names_do_not_touch(five):
    """Neither each other nor the numbers, at the size of the picture."""
    figure = confusion.draw(five, None)
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.get_yticklabels() if text.get_visible()]
        boxes = sorted((box for box in boxes if box.width), key=lambda box: box.y0)
        assert all(low.y1 <= high.y0 for low, high in pairwise(boxes))
        assert all(box.x1 <= axes.get_window_extent().x0 for box in boxes)
        assert {label.get_rotation() for label in axes.get_xticklabels()} == {45}
    lines = [line for text in figure.axes[0].get_yticklabels() for line in text.get_text().split("\n")]
    assert max(map(len, lines)) <= confusion.LINE


def test_thousands_and_short_names():
    given = scored.of(np.zeros(12345, int), np.tile([0.9, 0.1], (12345, 1)), ["1", "23"])
    counts, _ = confusion.draw(given, None).axes
    assert texts(counts)[0] == ["12,345", "0"]
    assert {label.get_rotation() for label in counts.get_xticklabels()} == {0}
