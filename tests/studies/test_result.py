from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import scored
from mammo_monai.evaluation.estimate import Difference, Estimate
from mammo_monai.studies.page import write
from mammo_monai.studies.pooling import pooled
from mammo_monai.studies.result import Line, marked, metrics
from mammo_monai.studies.table import Row, Study


def together(found, rows):
    """Marks of one difference in a study of this many rows that have one."""
    lines = [Line(Row(str(number)), differences={"accuracy": found}) for number in range(rows)]
    return {line.beyond["accuracy"] for line in marked(lines)}


@pytest.mark.parametrize(
    ("value", "low", "high", "beyond"),
    [
        (0.05, -0.1, 0.2, False),
        (-0.05, -0.2, 0.1, False),
        (0.1, 0.01, 0.19, True),
        (-0.1, -0.19, -0.01, True),
        (0.05, None, None, None),
    ],
)
def test_one_difference_is_noise_when_its_interval_holds_0(value, low, high, beyond):
    assert together(Difference(value, low, high, 60, freedom=59, span=(-1, 1)), 1) == {beyond}


def test_a_difference_has_to_reach_further_the_more_there_are():
    """2.5 standard errors: t of 59 degrees of freedom asks for 2.00 of one, 2.66 (99 %) of five."""
    found = Difference(0.05, 0.05 - 2.001 * 0.02, 0.05 + 2.001 * 0.02, 60, freedom=59)
    assert together(found, 1) == {True}
    assert together(found, 5) == {False}
    assert together(Difference(0.054, 0.054 - 2.001 * 0.02, 0.054 + 2.001 * 0.02, 60, freedom=59), 5) == {True}


@pytest.fixture
def lines():
    figures = {"accuracy": Estimate(0.7, 0.6, 0.8, 50), "majority_accuracy": Estimate(0.6, 0.5, 0.7, 50)}
    figures |= {"macro_auc": Estimate(None, None, None, 50, reason="needs rows of every class")}
    differences = {"accuracy": Difference(0.0466, 0.012, 0.081, 50), "macro_auc": Difference(-0.02, -0.09, 0.05, 50)}
    cost = {
        "epochs": 12,
        "training_seconds": 3725.4,
        "parameters": 2_230_000,
        "peak_memory": 1.5e9,
        "peak_gpu_memory": 7e9,
    }
    counts, beyond = {"benign": 30, "malignant": 20}, {"accuracy": True, "macro_auc": False}
    base = Line(Row("base", note="first"), counts, figures, cost=cost)
    return [base, Line(Row("a|b", seen="+4.66"), counts, figures, differences, beyond, cost, "why")]


def test_the_page_says_it_in_percentage_points_with_the_majority_beside(lines, tmp_path):
    write(tmp_path, Study("s", "note", "base", {}, ()), lines)
    rows = [line for line in (tmp_path / "study.md").read_text().splitlines() if line.startswith("|")]
    assert rows[2] == (
        "| **base** | first | 50 (30 benign, 20 malignant) | 0.600 | 0.700 [0.600, 0.800] | undefined |  |  |  | 12 | "
        "1:02:05 |  | 2.23 | 1.5 + 7.0 |"
    )
    assert rows[3] == (
        "| a\\|b |  | 50 (30 benign, 20 malignant) | 0.600 | 0.700 [0.600, 0.800] | undefined | +4.7 [+1.2, +8.1] | "
        "-0.020 [-0.090, +0.050] within noise | +4.66 | 12 | 1:02:05 |  | 2.23 | 1.5 + 7.0 |"
    )
    assert "2 differences are looked at together" in (tmp_path / "study.md").read_text().replace("\n", " ")
    assert "* a|b: why" in (tmp_path / "study.md").read_text()


def test_one_row_alone_is_compared_with_nothing(lines, tmp_path):
    write(tmp_path, Study("s", "note", "base", {}, ()), lines[:1])
    text = (tmp_path / "study.md").read_text()
    assert "majority" in text and "together" not in text and "Δ is" not in text


def test_mlflow_gets_numbers_only(lines):
    found = metrics(lines)
    assert found["a|b/difference_accuracy"] == 0.0466
    assert found["base/majority_accuracy"] == 0.6
    assert "base/macro_auc" not in found
    assert all(isinstance(value, int | float) for value in found.values())


def test_pooled_folds_keep_rows_and_clusters_apart():
    one = scored.of([0, 1], [[0.9, 0.1], [0.2, 0.8]], ["b", "m"])
    two = scored.of([1], [[0.5, 0.5]], ["b", "m"])
    both = pooled({"fold-0": one, "fold-1": two})
    assert both.labels.tolist() == [0, 1, 1]
    np.testing.assert_array_equal(both.probabilities, [[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    assert len(set(both.patients.tolist())) == 3  # rows without a patient are not taken for one another
    assert both.folds.tolist() == [0, 0, 1]
    assert pooled({"only": one}) is one
    with pytest.raises(MammoError, match="fold fold-1 has the classes m, b"):
        pooled({"fold-0": one, "fold-1": scored.of([0], [[0.5, 0.5]], ["m", "b"])})
