from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.evaluation.decisions.calling import ABSTAIN, UNDECIDED, Decided
from mammo_monai.evaluation.scored import of
from mammo_monai.reporting.decided import header, judged

CLASSES = ("benign", "malignant")
TRUTH = [0, 0, 0, 1, 1, 1]


def row(*called: str) -> list:
    """What is called is judged, not what is most probable: that is the first class everywhere."""
    scores = np.tile([0.9, 0.1], (6, 1))
    return judged("exam", of(TRUTH, scores, CLASSES), Decided(scores, called, {}))


def test_calls_and_those_left_open():
    """Of five calls four are right: 2 of 2 benign ones and 2 of 3 malignant ones."""
    level, units, share, *rest = row("benign", "benign", ABSTAIN, "malignant", "malignant", "benign")
    assert (level, units) == ("exam", 6)
    assert (share.value, share.n) == (pytest.approx(1 / 6), 6)
    assert [(cell.value, cell.n) for cell in rest] == [(0.8, 5), (1, 2), (pytest.approx(2 / 3), 3)]
    assert share.low < share.value < share.high and rest[0].low < 0.8 < rest[0].high
    assert len(header(CLASSES)) == 3 + len(rest)


def test_nothing_but_abstentions():
    _, _, share, *rest = row(*[ABSTAIN] * 6)
    assert share.value == 1 and rest == ["-"] * 3


def test_a_level_that_nothing_decides_about():
    assert row(*[UNDECIDED] * 6)[1:] == [6, "all: nothing decides", "-", "-", "-"]
