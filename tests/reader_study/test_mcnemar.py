from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.evaluation.scored import Scored
from mammo_monai.reader_study.figures import Rater
from mammo_monai.reader_study.mcnemar import exact_tests

pairs = st.lists(st.tuples(*[st.integers(0, 1), *[st.integers(-1, 1)] * 2]), min_size=1, max_size=40)


@given(pairs)
def test_the_binomial_formula(rows: list[tuple[int, int, int]]) -> None:
    """Exact two-sided p: twice the binomial tail of the discordant cases, at most 1."""
    truth, ours, theirs = np.array(rows).T
    cases = Scored(("no", "yes"), truth, np.full((len(rows), 2), 0.5), np.arange(len(rows)).astype(str))
    found = exact_tests(Rater("model", "model", ours), Rater("r", "reader", theirs), cases)
    both = [row for row in rows if row[1] >= 0 and row[2] >= 0]
    among = {
        "accuracy": both,
        "sensitivity_yes": [row for row in both if row[0] == 1],
        "specificity_yes": [row for row in both if row[0] == 0],
    }
    for name, judged in among.items():
        b = sum(t == m != o for t, m, o in judged)
        c = sum(t == o != m for t, m, o in judged)
        test = found[name]
        assert (test.n, test.model_only, test.other_only) == (len(judged), b, c)
        if not judged:
            assert test.p is None
            continue
        tail = sum(comb(b + c, i) for i in range(min(b, c) + 1)) / 2 ** (b + c)
        assert test.p == pytest.approx(min(1, 2 * tail))


def test_a_textbook_table() -> None:
    """Discordant 2 and 10: p = 2 (C(12,0) + C(12,1) + C(12,2)) / 2^12 = 0.0386."""
    truth = np.ones(30, int)
    ours = np.array([1] * 10 + [0] * 2 + [1] * 18)
    theirs = np.array([0] * 10 + [1] * 2 + [1] * 18)
    cases = Scored(("no", "yes"), truth, np.full((30, 2), 0.5), np.arange(30).astype(str))
    found = exact_tests(Rater("model", "model", ours), Rater("r", "reader", theirs), cases)["sensitivity_yes"]
    assert (found.model_only, found.other_only) == (10, 2) and found.p == pytest.approx(2 * 79 / 4096)
