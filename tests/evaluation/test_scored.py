from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.scored import of, one_against_rest


def test_take_keeps_rows_together():
    three = of([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], "ab")
    columns = {"path": ("1.png", "2.png", "3.png")}
    scored = replace(three, patients=np.array(["x", "x", "y"]), columns=columns)
    for taken in (scored.take([2, 0]), scored.take(np.array([2, 0])), scored.take(slice(None, None, -2))):
        assert taken.columns["path"] == ("3.png", "1.png")
        assert (taken.labels.tolist(), taken.patients.tolist()) == ([1, 0], ["y", "x"])
    assert scored.take(scored.labels == 1).columns["path"] == ("2.png", "3.png")


def test_one_class_against_the_rest():
    scored = of([0, 1, 2], [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.125, 0.125, 0.75]], "abc")
    rest = one_against_rest(scored, "b")
    assert rest.class_names == ("not b", "b")
    assert rest.labels.tolist() == [0, 1, 0]
    assert rest.probabilities.tolist() == [[0.75, 0.25], [0.5, 0.5], [0.875, 0.125]]
    with pytest.raises(MammoError, match="class 'd': expected one of a, b, c"):
        one_against_rest(scored, "d")
