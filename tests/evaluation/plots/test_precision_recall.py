from __future__ import annotations

import json

import numpy as np
import pytest

from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.plots import precision_recall


def labels(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_curves_by_hand(four_rows, tmp_path):
    """Malignant scores 0.9, 0.4 and benign 0.4, 0.1: 1 of 1 above 0.4, 2 of 3 from 0.4, 2 of 4 from 0.1."""
    figure = precision_recall.draw(four_rows, tmp_path)
    axes = figure.axes[0]
    assert labels(figure) == [
        "benign (n = 2): average precision 0.833",
        "malignant (n = 2): average precision 0.833",  # 1/2 * 1 + 1/2 * 2/3
    ]
    curve = next(line for line in axes.lines if str(line.get_label()).startswith("malignant"))
    steps = [[0, 1], [0.5, 1], [0.5, 2 / 3], [1, 2 / 3], [1, 0.5]]
    assert curve.get_xydata().tolist() == [pytest.approx(point) for point in steps]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("recall (sensitivity)", "precision")


def test_prevalence_is_a_dotted_line_in_the_classs_colour(five, tmp_path):
    lines = precision_recall.draw(five, tmp_path).axes[0].lines
    counts = np.bincount(five.labels, minlength=5)
    for name, n in zip(five.class_names, counts, strict=True):
        (curve,) = [line for line in lines if str(line.get_label()).startswith(name)]
        dotted = [line for line in lines if line.get_linestyle() == ":" and line.get_color() == curve.get_color()]
        dotted = [line for line in dotted if line is not curve]
        assert [list(line.get_ydata()) for line in dotted] == ([[n / 300] * 2] if n else [])
        assert curve.get_label() == f"{name}: undefined: no case" if not n else f"(n = {n})" in curve.get_label()


def test_points_of_equal_f1_have_that_f1(five, tmp_path):
    axes = precision_recall.draw(five, tmp_path).axes[0]
    equal = [line for line in axes.lines if line.get_alpha()]
    written = [float(text.get_text()) for text in axes.texts]
    assert written == [0.2, 0.4, 0.6, 0.8] and len(equal) == 4
    for f1, line, text in zip(written, equal, axes.texts, strict=True):
        recall, precision = line.get_data()
        np.testing.assert_allclose(2 * recall * precision / (recall + precision), f1)
        assert precision[0] == pytest.approx(1) and recall[-1] == 1 and text.xy[1] == precision[-1]


def test_the_interval_is_that_of_the_metrics(four_rows, tmp_path):
    figures = {"auprc_malignant": Estimate(5 / 6, 0.4, 1.0, 4, "bootstrap").content()}
    (tmp_path / "metrics.json").write_text(json.dumps({"figures": figures}))
    assert labels(precision_recall.draw(four_rows, tmp_path))[1].endswith(
        "average precision 0.833 (95 %: 0.400 to 1.000)"
    )
