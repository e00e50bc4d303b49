from __future__ import annotations

import numpy as np

from mammo_monai.evaluation import examples


def test_rows_of_the_grid():
    one = examples.Example(0, np.zeros((2, 2), np.uint8), "$_{", 0.5, "_b" * 40)
    for count, rows in ((1, 1), (6, 1), (7, 2), (24, 4)):
        figure = examples.draw([one] * count, "")
        assert len(figure.axes) == rows * examples.COLUMNS
    assert all(len(line) <= examples.LINE for line in figure.axes[0].get_title().split("\n"))
