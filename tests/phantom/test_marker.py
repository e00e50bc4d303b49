from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.phantom.marker import burn_in


@pytest.mark.parametrize(("rows", "cols"), [(96, 58), (256, 208), (1024, 832)])
@pytest.mark.parametrize("text", ["R MLO", "L MLO", "R CC", "L CC"])
def test_label_stands_in_the_corner_away_from_the_chest_wall(rows, cols, text):
    image = np.zeros((rows, cols), np.float32)
    burn_in(image, text, text[0])
    lit_rows, lit_cols = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert set(np.unique(image)) == {0, 1}
    assert lit_rows[-1] < 0.15 * rows
    outer = cols / 2 if rows > 96 else 0.7 * cols  # five letters fill half of the smallest image
    if text[0] == "L":
        assert lit_cols[0] > cols - outer and lit_cols[-1] < cols - 1
    else:
        assert lit_cols[-1] < outer and lit_cols[0] > 0


def test_letters_are_read_from_left_to_right():
    image = np.zeros((96, 80), np.float32)
    burn_in(image, "L CC", "L")
    lit_cols = np.flatnonzero(image.any(axis=0))
    first = image[:, lit_cols[0]]
    assert first.sum() == 7  # the upright of the L, a full column of dots
    assert image[np.flatnonzero(first)[-1], lit_cols[0] : lit_cols[0] + 5].all()  # and its foot
