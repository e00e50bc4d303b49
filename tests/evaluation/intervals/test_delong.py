from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo_monai.evaluation.intervals import delong

# Albumin, total protein, K-G score and outcome of the ovarian cancer patients of DeLong et al. 1988, as reprinted in
# the SAS/STAT User's Guide, PROC LOGISTIC, "Comparing Receiver Operating Characteristic Curves".
OVARIAN = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1  3.8 5.7 5 1
3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0
4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1  3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1
4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1
2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1  3.3 5.7 6 1  3.7 6.9 5 1  3.6 6.6 5 1
"""


def patients_of_one_row(n):
    return np.arange(n).astype(str)


def brute_force(scores, positive):
    """DeLong's V10 and V01 as defined: means of psi over all pairs, psi = 1, 1/2 or 0."""
    psi = (scores[positive][:, None] > scores[~positive]) + 0.5 * (scores[positive][:, None] == scores[~positive])
    return psi.mean(1), psi.mean(0)


@pytest.fixture
def ovarian():
    albumin, protein, score, outcome = np.array(OVARIAN.split(), float).reshape(-1, 4).T
    return {"albumin": albumin, "protein": protein, "kg": 10 - score}, outcome == 1


@pytest.mark.parametrize(
    ("test", "area", "error"), [("albumin", 0.7366, 0.0927), ("kg", 0.7258, 0.1028), ("protein", 0.6478, 0.1000)]
)
def test_areas_and_errors_as_published(ovarian, test, area, error):
    scores, positive = ovarian
    parts = delong.components(scores[test], positive)
    assert parts[positive].mean() == pytest.approx(area, abs=5e-5)
    assert parts[~positive].mean() == pytest.approx(area, abs=5e-5)
    assert delong.variance(parts, positive, patients_of_one_row(43)) ** 0.5 == pytest.approx(error, abs=5e-5)


@pytest.mark.parametrize(("test", "difference", "error"), [("albumin", 0.0108, 0.0953), ("protein", -0.0780, 0.1046)])
def test_paired_differences_as_published(ovarian, test, difference, error):
    scores, positive = ovarian
    low, high, _ = delong.difference(scores["kg"], scores[test], positive, patients_of_one_row(43))
    assert (low + high) / 2 == pytest.approx(difference, abs=5e-5)
    t_of_11 = 2.200985  # twelve patients were not operated on; Student's table, 97.5 %
    assert (high - low) / 2 == pytest.approx(t_of_11 * error, abs=2e-4)


def hanley_and_mcneil():
    """Ratings of 1982 and which of them are of abnormal images."""
    normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    scores = np.r_[np.repeat(np.arange(5), normal), np.repeat(np.arange(5), abnormal)].astype(float)
    return scores, np.arange(109) >= 58


def test_the_ratings_of_hanley_and_mcneil_1982():
    """Area 0.8932 and DeLong's error 0.0307 are printed in Stata's manual, [R] roctab."""
    scores, positive = hanley_and_mcneil()
    parts = delong.components(scores, positive)
    error = delong.variance(parts, positive, patients_of_one_row(109)) ** 0.5
    assert parts[positive].mean() == pytest.approx(0.8932, abs=5e-5)
    assert error == pytest.approx(0.0307, abs=5e-5)


def plain(scores, positive, t):
    """DeLong's own interval: that of the difference from scores which rank nothing, normal in Student's place."""
    low, high, _ = delong.difference(np.zeros(len(scores)), scores, positive, patients_of_one_row(len(scores)))
    middle, half = (low + high) / 2 + 0.5, (high - low) / 2 * 1.959964 / t
    return middle - half, middle + half


@pytest.mark.parametrize(
    ("test", "low", "high"), [("albumin", 0.5549, 0.9182), ("kg", 0.5243, 0.9273), ("protein", 0.4518, 0.8439)]
)
def test_plain_intervals_as_published_by_sas(ovarian, test, low, high):
    """ "95% Wald Confidence Limits" of the same example."""
    scores, positive = ovarian
    assert plain(scores[test], positive, 2.200985) == pytest.approx((low, high), abs=5e-5)  # t of 11


def test_the_plain_interval_as_published_by_stata():
    """ "Asymptotic normal" of [R] roctab, Hanley and McNeil's ratings."""
    scores, positive = hanley_and_mcneil()
    assert plain(scores, positive, 2.008559) == pytest.approx((0.83295, 0.95339), abs=5e-6)  # t of 50


def test_what_is_printed_is_moderated_and_says_so():
    scores, positive = hanley_and_mcneil()
    low, high, method = delong.area(scores, positive, patients_of_one_row(109))
    assert method == "DeLong moderated by Hanley and McNeil, 109 patients"
    assert low < 0.83295 - 0.005 and high < 0.95339 - 0.005  # no end of the plain one: the interval is not symmetric
    twice = np.stack([scores, scores], 1), np.stack([positive, positive], 1)
    assert delong.mean(0.9, 0.03, *twice, patients_of_one_row(109)).method == "moderated by Hanley and McNeil"


@given(st.integers(0, 2**32), st.integers(2, 15), st.integers(2, 15))
def test_midranks_are_all_pairs(seed, n_positive, n_negative):
    random = np.random.default_rng(seed)
    n = n_positive + n_negative
    scores = random.integers(0, 6, n) / 5
    positive = random.permutation(np.arange(n) < n_positive)
    first, second = brute_force(scores, positive)
    parts = delong.components(scores, positive)
    assert np.allclose(parts[positive], first)
    assert np.allclose(parts[~positive], second)
    expected = first.var(ddof=1) / n_positive + second.var(ddof=1) / n_negative
    assert delong.variance(parts, positive, patients_of_one_row(n)) == pytest.approx(expected, abs=1e-12)


def test_over_patients_by_the_sums_that_obuchowski_defines():
    random = np.random.default_rng(3)
    patients, positive, scores = random.integers(0, 12, 40), random.random(40) < 0.4, random.random(40)
    first, second = brute_force(scores, positive)
    area, m, n = first.mean(), positive.sum(), (~positive).sum()
    v10, v01 = np.zeros(40), np.zeros(40)
    v10[positive], v01[~positive] = first, second
    own = {"10": 0.0, "01": 0.0, "11": 0.0}
    for patient in np.unique(patients):
        mine = patients == patient
        x = v10[mine & positive].sum() - (mine & positive).sum() * area
        y = v01[mine & ~positive].sum() - (mine & ~positive).sum() * area
        own = {"10": own["10"] + x * x, "01": own["01"] + y * y, "11": own["11"] + x * y}
    everyone, with_positive, with_negative = (
        len(np.unique(patients[kind])) for kind in (slice(None), positive, ~positive)
    )
    s10 = with_positive / ((with_positive - 1) * m) * own["10"]
    s01 = with_negative / ((with_negative - 1) * n) * own["01"]
    s11 = everyone / (everyone - 1) * own["11"]
    expected = s10 / m + s01 / n + 2 * s11 / (m * n)
    found = delong.variance(delong.components(scores, positive), positive, patients.astype(str))
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_model_s_variance_is_that_of_exponential_scores():
    """Scores of mean 9 and 1, of which a positive one is higher with a chance of 9 / (9 + 1)."""
    random = np.random.default_rng(7)
    positive, negative = 9 * random.exponential(size=(20_000, 8, 1)), random.exponential(size=(20_000, 1, 12))
    areas = (positive > negative).mean((1, 2))
    assert areas.mean() == pytest.approx(0.9, abs=0.002)
    assert areas.var() == pytest.approx(delong.expected(0.9, 8, 12), rel=0.04)


def test_the_interval_is_the_areas_that_the_one_found_is_compatible_with():
    random = np.random.default_rng(5)
    positive, scores = np.arange(60) < 12, random.normal(size=60)
    scores[:12] += 2
    first, second = brute_force(scores, positive)
    area, seen = first.mean(), first.var(ddof=1) / 12 + second.var(ddof=1) / 48
    t_of_21 = 2.079614  # 12 - 1 + 10; Student's table, 97.5 %
    areas = np.linspace(0, 1, 200_001)[1:-1]
    above, below = 11 * (areas / (2 - areas) - areas**2), 47 * (2 * areas**2 / (1 + areas) - areas**2)
    model = (areas * (1 - areas) + above + below) / (12 * 48)
    both = (11 * seen * areas * (1 - areas) / (area * (1 - area)) + 10 * model) / 21
    inside = areas[np.abs(areas - area) <= t_of_21 * both**0.5]
    assert delong.area(scores, positive, patients_of_one_row(60))[:2] == pytest.approx(
        (inside[0], inside[-1]), abs=2e-5
    )


def test_a_mean_of_equal_areas_is_one_of_them():
    random = np.random.default_rng(8)
    patients, positive = np.repeat(np.arange(40), 3).astype(str), np.repeat(np.arange(40) < 11, 3)
    scores = random.normal(size=120) + positive
    parts = delong.components(scores, positive)
    drawn = delong.variance(parts, positive, patients) ** 0.5
    twice = np.stack([scores, scores], 1), np.stack([positive, positive], 1)
    ends = delong.mean(parts[positive].mean(), drawn, *twice, patients)
    assert ends[:2] == pytest.approx(delong.area(scores, positive, patients)[:2], abs=1e-9)
    assert np.isnan(delong.mean(np.nan, np.nan, scores[:, None], np.ones((120, 1), bool), patients)[:2]).all()


def test_many_patients_get_what_delong_says():
    random = np.random.default_rng(6)
    positive = np.arange(6000) < 3000
    scores = random.normal(size=6000) + positive
    low, high, _ = delong.area(scores, positive, patients_of_one_row(6000))
    first, second = brute_force(scores, positive)
    half = 1.959964 * (first.var(ddof=1) / 3000 + second.var(ddof=1) / 3000) ** 0.5
    assert (low, high) == pytest.approx((first.mean() - half, first.mean() + half), abs=3e-4)


def test_every_image_twice_is_worth_no_more_than_once():
    random = np.random.default_rng(4)
    positive, scores = np.arange(60) < 25, random.random(60)
    patients = patients_of_one_row(60)
    once = delong.area(scores, positive, patients)
    twice = delong.area(np.tile(scores, 2), np.tile(positive, 2), np.tile(patients, 2))
    assert twice[:2] == pytest.approx(once[:2], rel=1e-2)
    blind = delong.area(np.tile(scores, 2), np.tile(positive, 2), patients_of_one_row(120))
    assert blind.high - blind.low < 0.75 * (twice.high - twice.low)


@pytest.mark.parametrize(
    ("scores", "positive"),
    [
        ([0.1, 0.2, 0.8, 0.9], [False, False, True, True]),  # no error to be seen
        ([0.1, 0.2, 0.8], [False, False, True]),  # one positive has no spread
        ([0.1, 0.2], [True, True]),
        ([], []),
    ],
)
@pytest.mark.filterwarnings("error")
def test_no_interval_where_nothing_shows_a_spread(scores, positive):
    scores, positive = np.array(scores, float), np.array(positive, bool)
    for interval in (
        delong.area(scores, positive, patients_of_one_row(len(scores))),
        delong.difference(scores, scores, positive, patients_of_one_row(len(scores))),
    ):
        assert np.isnan(interval[:2]).all()
