"""Curves of ROC and of precision and recall: their areas are the figures, with folds and without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from mammo_monai.evaluation import figures, scored
from mammo_monai.evaluation.intervals.bootstrap import draws
from mammo_monai.evaluation.plots import _curve, roc

FAMILIES = {"auc": _curve.roc, "auprc": _curve.precision_recall}


@pytest.fixture
def rows() -> scored.Scored:
    """240 rows of 80 patients, rounded so that many are tied."""
    random = np.random.default_rng(1)
    labels = random.choice(3, 240, p=[0.6, 0.25, 0.15])
    scores = np.exp(random.normal(size=(240, 3)) + np.eye(3)[labels])
    made = scored.of(labels, (scores / scores.sum(1, keepdims=True)).round(2), "abc")
    return replace(made, patients=(np.arange(240) // 3).astype(np.str_))


@pytest.fixture
def folds(rows) -> scored.Scored:
    """The same from five networks, each of which calls everything a little more malignant than the one before."""
    fold = np.arange(240) // 3 % 5
    scores = rows.probabilities + 0.05 * fold[:, None] * np.array([-1, 0, 1])
    return replace(rows, probabilities=scores, columns={"fold": tuple(map(str, fold))})


@pytest.mark.parametrize("given", ["rows", "folds"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_area_drawn_is_the_figure(request, given, family):
    given = request.getfixturevalue(given)
    expected = figures.point(given)
    for index, name in enumerate("abc"):
        curve = FAMILIES[family](given, index)
        assert curve.area == pytest.approx(expected[f"{family}_{name}"], abs=1e-12)
        assert np.trapezoid(*curve.line[::-1]) == pytest.approx(curve.area)
        x, _ = curve.line
        assert (x[0], x[-1]) == (0, 1) and (np.diff(x) >= 0).all()


def test_each_fold_has_its_own_curve_and_the_mean_lies_where_its_pairs_say(folds):
    """Areas of the folds by scikit-learn; ranked together they would be another figure."""
    curve = _curve.roc(folds, 2)
    positive, score = folds.labels == 2, folds.probabilities[:, 2]
    parts = [folds.folds == fold for fold in range(5)]
    areas = [metrics.roc_auc_score(positive[part], score[part]) for part in parts]
    pairs = [positive[part].sum() * (~positive[part]).sum() for part in parts]
    assert [np.trapezoid(y, x) for x, y in curve.folds] == pytest.approx(areas)
    assert curve.area == pytest.approx(np.average(areas, weights=pairs))
    assert abs(curve.area - metrics.roc_auc_score(positive, score)) > 0.001


def test_the_band_is_that_of_the_patients_drawn(rows):
    """The sensitivity of each draw by scikit-learn, where no step of the curve lies on the place itself."""
    curve, (weights,) = _curve.roc(rows, 1), draws(rows.patients, _curve.DRAWS)
    places = _curve.GRID[7:44:9] + 1e-9
    drawn = []
    for one in weights:
        x, y, _ = metrics.roc_curve(rows.labels == 1, rows.probabilities[:, 1], sample_weight=one)
        drawn.append(np.interp(places, x, y))
    np.testing.assert_allclose(curve.band[:, 7:44:9], np.quantile(drawn, [0.025, 0.975], axis=0), atol=1e-6)
    alone = replace(rows, patients=np.arange(240).astype(np.str_))
    assert not np.allclose(_curve.roc(alone, 1).band, curve.band)


def test_precision_of_a_draw(rows):
    """At each recall that of the highest threshold that finds as much, again by scikit-learn."""
    curve, (weights,) = _curve.precision_recall(rows, 1), draws(rows.patients, _curve.DRAWS)
    drawn = []
    for one in weights:
        precision, recall, _ = metrics.precision_recall_curve(
            rows.labels == 1, rows.probabilities[:, 1], sample_weight=one
        )
        drawn.append([precision[np.flatnonzero(recall > place)[-1]] for place in _curve.GRID[5:45:10]])
    np.testing.assert_allclose(curve.band[:, 5:45:10], np.quantile(drawn, [0.025, 0.975], axis=0), atol=1e-9)


def test_no_fold_with_both(tmp_path):
    """A class and the others, but never in one fold: no pair, no curve, no area."""
    given = scored.of([0, 0, 1, 1], np.full((4, 2), 0.5), "ab")
    apart = replace(given, columns={"fold": ("1", "1", "2", "2")})
    assert _curve.roc(apart, 1) is None and _curve.roc(given, 1).area == 0.5
    (text,) = roc.draw(apart, tmp_path).legends[0].get_texts()
    assert text.get_text() == f"b: {_curve.NOWHERE}"


def test_folds_are_drawn_thin_below_their_mean(folds, rows, tmp_path):
    figure = roc.draw(folds, tmp_path)
    widths = [line.get_linewidth() for line in figure.axes[0].lines]
    assert len(widths) == 3 * 6 + 1 and sum(width < 1 for width in widths) == 15
    assert "thin: each of 5 folds" in figure.legends[0].get_title().get_text()
    assert len(figure.axes[0].collections) == 3
    assert "thin" not in roc.draw(rows, tmp_path).legends[0].get_title().get_text()
