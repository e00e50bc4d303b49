from __future__ import annotations

import json

import numpy as np
import pytest

from mammo_monai.evaluation.estimate import SPREAD, Estimate, of_draws, of_interval
from mammo_monai.evaluation.intervals import NOTHING, Interval


def test_one_text_everywhere():
    assert str(Estimate(0.7124, 0.64, 0.7809, 123)) == "0.712 (0.640 to 0.781, n = 123)"
    assert Estimate(0.7124, 0.64, 0.7809, 123).text(1) == "0.7 (0.6 to 0.8, n = 123)"
    assert str(Estimate(None, None, None, 0, reason="needs rows of b")) == "undefined (needs rows of b, n = 0)"
    assert str(Estimate(1.0, None, None, 2, reason="one patient")) == "1.000 (no interval: one patient, n = 2)"


def test_there_and_back_through_json():
    estimate = Estimate(0.5, 0.25, 0.75, 8, "Wilson", "why")
    assert Estimate.read(json.loads(json.dumps(estimate.content()))) == estimate


def test_undefined_has_neither_value_nor_interval():
    found = of_interval(np.nan, Interval(0.1, 0.2, "Wilson"), 0, "rows called b")
    assert found == Estimate(None, None, None, 0, "", "needs rows called b")
    drawn = of_draws(np.nan, np.array([0.1, 0.2]), 9, "bootstrap", 5, "rows of b", (0, 1))
    assert drawn == Estimate(None, None, None, 5, "", "needs rows of b")


def test_draws_without_the_figure_are_left_out_and_counted():
    draws = np.array([0.4, 0.6, np.nan, 0.5, 0.5, 0.4, 0.6, 0.5, 0.5, 0.5])
    found = of_draws(0.5, draws, 30, "bootstrap", 60, "rows of b", (0, 1))
    assert found.method == "bootstrap, 1 undefined; standard error on the logit scale"
    assert found.reason == ""  # nothing is missing
    assert 0.3 < found.low < 0.5 < found.high < 0.7
    assert found.low == pytest.approx(of_draws(0.5, draws[~np.isnan(draws)], 30, "", 60, "", (0, 1)).low)


def test_mostly_undefined_draws_make_no_interval():
    found = of_draws(0.5, np.array([np.nan] * 6 + [0.4, 0.5, 0.6]), 3, "bootstrap", 9, "rows of b", (0, 1))
    assert (found.value, found.low, found.reason) == (0.5, None, "undefined in 6 of 9 draws")


@pytest.mark.filterwarnings("error")
def test_draws_that_do_not_differ_make_no_interval():
    found = of_draws(1.0, np.ones(9), 3, "bootstrap", 9, "rows of b", (0, 1))
    assert (found.value, found.low, found.high) == (1.0, None, None)
    assert found.reason == SPREAD


def test_ends_of_ones_own_say_what_they_are():
    draws = np.array([0.4, 0.5, 0.6])
    found = of_draws(0.5, draws, 30, "bootstrap", 60, "", (0, 1), lambda value, error: Interval(value, error, "mine"))
    assert (found.low, found.high, found.method) == (0.5, draws.std(), "bootstrap; standard error mine")


def test_why_there_is_no_interval_may_be_said():
    found = of_interval(0.5, NOTHING, 3, "a row", "biased")
    assert found == Estimate(0.5, None, None, 3, "", "biased")
