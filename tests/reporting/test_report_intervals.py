"""The ends of the intervals on the page, from the formulas in the papers, by pairs of rows and sums over patients.

Wilson, JASA 22 (1927) 209, with the number of rows of Korn and Graubard, Surv Methodol 24 (1998) 193; DeLong et al.,
Biometrics 44 (1988) 837, over patients as Obuchowski, Biometrics 53 (1997) 567, moderated by Hanley and McNeil,
Radiology 143 (1982) 29 (docs/decisions/015-figures-and-intervals.md).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import bisect

Z = stats.norm.ppf(0.975)
MODEL = 10


class Rows:
    """The test's rows as arrays."""

    def __init__(self, evaluated):
        rows, classes = evaluated.rows(), evaluated.classes
        self.truth = np.array([classes.index(row["label"]) for row in rows])
        self.scores = np.array([[float(row[f"p_{name}"]) for name in classes] for row in rows])
        self.called = self.scores.argmax(1)
        self.patients = np.array([row["patient"] or str(place) for place, row in enumerate(rows)])


@pytest.fixture
def rows(evaluated):
    return Rows(evaluated)


def ends(cell):
    return pytest.approx((cell["low"], cell["high"]), abs=1e-9)


def wilson(hits, patients):
    """Each patient once where all rows are alike: nothing then shows how much a second one says."""
    n, share, names = len(hits), hits.mean(), np.unique(patients)
    if len(names) < n:
        sums = np.array([(hits[patients == name] - share).sum() for name in names])
        variance = len(names) / (len(names) - 1) * (sums**2).sum() / n**2 if len(names) > 1 else 0
        t = stats.t.ppf(0.975, len(names) - 1)
        n = min(share * (1 - share) / variance, n) * (Z / t) ** 2 if variance else len(names)
    middle, half = share + Z**2 / (2 * n), Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return (middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)


def variance(wins, area, owners):
    """Of (P, N) wins of P positive over N negative rows, whose owners are two lists of patients."""
    totals = {}
    for kind, (parts, own) in enumerate(zip((wins.mean(1), wins.mean(0)), owners, strict=True)):
        for part, patient in zip(parts, own, strict=True):
            totals.setdefault(patient, [0.0, 0.0])[kind] += (part - area) / len(own)
    (first, second), everyone = np.array(list(totals.values())).T, len(totals)
    of_either = [len(set(own)) for own in owners]
    own = sum(n / (n - 1) * (part**2).sum() for n, part in zip(of_either, (first, second), strict=True))
    return own + 2 * everyone / (everyone - 1) * (first * second).sum()


def hanley_mcneil(area, positive, negative):
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    return (area * (1 - area) + (positive - 1) * (q1 - area**2) + (negative - 1) * (q2 - area**2)) / positive / negative


def of_area(score, positive, patients):
    """The areas that the one found lies at the edge of."""
    above, below = score[positive][:, None], score[~positive]
    wins = (above > below) + (above == below) / 2
    area, owners, counts = wins.mean(), (patients[positive].tolist(), patients[~positive].tolist()), wins.shape
    found = variance(wins, area, owners)
    alone = variance(wins, area, ([f"+{i}" for i in range(counts[0])], [f"-{i}" for i in range(counts[1])]))
    freedom = min(len(set(own)) for own in owners) - 1

    def beyond(other):
        seen = found * other * (1 - other) / (area * (1 - area))
        model = found / alone * hanley_mcneil(other, *counts)
        error = math.sqrt((freedom * seen + MODEL * model) / (freedom + MODEL))
        return abs(area - other) - stats.t.ppf(0.975, freedom + MODEL) * error

    return tuple(bisect(beyond, *span, xtol=1e-12) for span in ((1e-12, area), (area, 1 - 1e-12)))


def test_each_class(evaluated, rows):
    table = evaluated.table("figures", "classes")
    for index, (name, *cells) in enumerate(table["rows"]):
        found, own = dict(zip(table["header"][1:], cells, strict=True)), rows.truth == index
        called = rows.called == index
        assert of_area(rows.scores[:, index], own, rows.patients) == pytest.approx(
            (found["AUC"]["low"], found["AUC"]["high"]), abs=1e-6
        ), name
        assert wilson(called[own], rows.patients[own]) == ends(found["sensitivity"]), name
        assert wilson(~called[~own], rows.patients[~own]) == ends(found["specificity"]), name
        if called.any():
            assert wilson(own[called], rows.patients[called]) == ends(found["precision"]), name
        else:
            assert found["precision"]["low"] is None and found["precision"]["reason"]


def test_accuracy(evaluated, rows):
    main = {row[0]: row[1] for row in evaluated.table("summary", "main")["rows"]}
    assert wilson(rows.called == rows.truth, rows.patients) == ends(main["accuracy"])


def test_bins_of_the_calibration_error(evaluated, rows):
    sure, right = rows.scores.max(1), rows.called == rows.truth
    for name, _, cell in evaluated.table("calibration", "reliability")["rows"]:
        low = round(float(name.split()[0]) * 15) / 15
        inside = (sure > low) & (sure <= low + 1 / 15)
        assert wilson(right[inside], rows.patients[inside]) == ends(cell)
