from __future__ import annotations

import json

import numpy as np
import pytest

from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.plots import roc


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def pairs(scored, index):
    """Share of pairs of a row of the class and another in which the first scores higher; ties count half."""
    positive, score = scored.labels == index, scored.probabilities[:, index]
    differences = score[positive][:, None] - score[~positive][None]
    return float((np.sign(differences) / 2 + 0.5).mean())


def test_every_class_by_name_number_and_area(five, tmp_path):
    figure = roc.draw(five, tmp_path)
    areas = [None if index == 2 else pairs(five, index) for index in range(5)]
    counts = np.bincount(five.labels, minlength=5)
    assert legend(figure) == [
        f"{name}: undefined: no case" if area is None else f"{name} (n = {n}): AUC {area:.3f}"
        for name, n, area in zip(five.class_names, counts, areas, strict=True)
    ]
    axes = figure.axes[0]
    assert axes.get_title() == "One class against all others"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("1 − specificity", "sensitivity")
    for line, area in zip(axes.lines, areas, strict=False):
        assert (
            line.get_xydata().size == 0 if area is None else np.trapezoid(*line.get_data()[::-1]) == pytest.approx(area)
        )


def test_two_classes_are_one_curve(four_rows, tmp_path):
    axes = roc.draw(four_rows, tmp_path).axes[0]
    curve, chance = axes.lines
    assert axes.get_title() == "malignant against benign"
    assert curve.get_label() == "malignant (n = 2): AUC 0.875"  # 3.5 of 4 pairs
    assert curve.get_xydata().tolist() == [[0, 0], [0, 0.5], [0.5, 1], [1, 1]]
    assert chance.get_xydata().tolist() == [[0, 0], [1, 1]]


def test_a_single_class_has_no_curve(one_class, tmp_path):
    assert legend(roc.draw(one_class, tmp_path)) == ["malignant: undefined: no case of another class"]


@pytest.mark.parametrize(
    ("estimate", "shown"),
    [
        (Estimate(0.875, 0.5, 0.99, 4, "DeLong"), " (95 %: 0.500 to 0.990)"),
        (Estimate(0.8, 0.5, 0.99, 4, "of other predictions"), ""),
        (Estimate(0.875, None, None, 4, reason="too few"), ""),
        (Estimate(None, None, None, 4, reason="needs rows"), ""),
    ],
)
def test_the_interval_is_that_of_the_metrics(four_rows, tmp_path, estimate, shown):
    (tmp_path / "metrics.json").write_text(json.dumps({"figures": {"auc_malignant": estimate.content()}}))
    assert legend(roc.draw(four_rows, tmp_path)) == [f"malignant (n = 2): AUC 0.875{shown}"]
