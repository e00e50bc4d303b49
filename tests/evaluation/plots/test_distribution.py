from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.evaluation.plots import distribution


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_two_classes_side_by_side(four_rows):
    (axes,) = distribution.draw(four_rows, None).axes
    assert axes.get_title() == "malignant"
    assert legend(axes) == ["benign (n = 2)", "malignant (n = 2)"]
    benign, malignant = (patch.get_path().vertices for patch in axes.patches)
    assert {tuple(point) for point in np.round(malignant, 6)} >= {(0.4, 0.5), (0.45, 0.5), (0.9, 0.5), (0.95, 0.5)}
    assert {tuple(point) for point in np.round(benign, 6)} >= {(0.1, 0.5), (0.4, 0.5), (0.45, 0.5)}
    assert max(benign[:, 1]) == max(malignant[:, 1]) == 0.5


def test_every_class_in_shares_of_its_own(five):
    panels = distribution.draw(five, None).axes
    assert [axes.get_title() for axes in panels] == ["normal", *five.class_names[1:]]
    for index, axes in enumerate(panels):
        n = int((five.labels == index).sum())
        assert legend(axes) == [f"all others (n = {300 - n})", f"{five.class_names[index]} (n = {n})"]
        for chosen, patch in zip((five.labels != index, five.labels == index), axes.patches, strict=True):
            counts, _ = np.histogram(five.probabilities[chosen, index], 20, (0, 1))
            highest = counts.max() / max(1, chosen.sum())
            assert patch.get_path().vertices[:, 1].max() == pytest.approx(highest)
