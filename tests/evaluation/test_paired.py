from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.intervals import delong
from mammo_monai.evaluation.paired import difference, differences
from mammo_monai.evaluation.scored import of


def predictions(noise, seed, n=200, rows=1):
    """Of one set of women and labels, whatever the noise and the seed."""
    labels = np.random.default_rng(0).integers(0, 2, n)
    z = labels + noise * np.random.default_rng(seed).normal(size=n)
    p = 1 / (1 + np.exp(0.5 - z))
    columns = {"path": tuple(f"{i}.png" for i in range(n)), "patient": tuple(str(i // rows) for i in range(n))}
    scored = of(labels, np.c_[1 - p, p], ["benign", "malignant"])
    return replace(scored, columns=columns, patients=np.array(columns["patient"]))


def test_the_other_less_the_first_by_delong():
    a, b = predictions(2, 1), predictions(1, 2)
    found = difference(a, b, "auc_malignant")
    low, high, method = delong.difference(a.probabilities[:, 1], b.probabilities[:, 1], a.labels == 1, a.patients)
    assert found.value > 0
    assert (found.low, found.high, found.n, found.method) == (low, high, 200, method)
    assert difference(b, a, "auc_malignant").value == pytest.approx(-found.value)


def test_bootstrap_and_delong_agree_where_both_can():
    """macAUC of two classes is the AUC of either."""
    for rows in (1, 4):
        a, b = predictions(2, 1, rows=rows), predictions(1, 2, rows=rows)
        by_formula, by_draws = difference(a, b, "auc_benign"), difference(a, b, "macro_auc")
        assert by_draws.value == pytest.approx(by_formula.value)
        assert by_draws.low == pytest.approx(by_formula.low, abs=0.01)
        assert by_draws.high == pytest.approx(by_formula.high, abs=0.01)
        assert by_draws.method == (
            f"paired bootstrap, 2000 draws of {200 // rows} patients; standard error on the logit scale"
        )


def test_pairing_takes_out_what_both_share():
    """Twins that differ in one row: the difference is known far better than either."""
    a = predictions(2, 1)
    twin = replace(a, probabilities=a.probabilities.copy())
    twin.probabilities[0] = 1 - twin.probabilities[0]
    for name in ("accuracy", "macro_auc", "brier"):
        found = difference(a, twin, name)
        assert found.high - found.low < 0.03, name
    nothing = difference(a, a, "accuracy")
    assert (nothing.value, nothing.low) == (0, None)


def test_accuracy_by_the_signs_of_the_rows():
    """With a row per woman the paired error of an accuracy difference is that of a mean of -1, 0 and 1."""
    a, b = predictions(2, 1), predictions(1, 2)
    signs = (b.called == b.labels).astype(int) - (a.called == a.labels)
    found = difference(a, b, "accuracy")
    assert found.value == pytest.approx(signs.mean())
    half = 1.972 * signs.std() / np.sqrt(200)  # Student's t of 199
    assert (found.low, found.high) == pytest.approx((signs.mean() - half, signs.mean() + half), abs=0.01)


def test_rows_are_joined_by_what_they_are_not_by_where_they_stand():
    a, b = predictions(2, 1), predictions(1, 2)
    order = np.random.default_rng(3).permutation(200)
    for name in ("macro_auc", "auc_malignant"):
        assert difference(a, b.take(order), name) == difference(a, b, name)


def test_several_at_once_are_those_of_each():
    a, b, c = (predictions(noise, noise) for noise in (2, 1, 3))
    found = differences(a, {"b": b, "c": c}, ["macro_f1", "auc_benign"], 300)
    assert found["c"]["macro_f1"] == difference(a, c, "macro_f1", 300)
    assert found["b"]["auc_benign"] == difference(a, b, "auc_benign", 300)


def test_the_patients_are_those_of_the_table_that_knows_them():
    a, b = predictions(2, 1, rows=4), predictions(1, 2, rows=4)
    nameless = replace(a, patients=np.array([f"(row {i})" for i in range(200)]))
    assert difference(nameless, b, "accuracy") == difference(a, b, "accuracy")


def test_boxes_tell_patches_apart():
    a, b = predictions(2, 1), predictions(1, 2)
    box = {edge: tuple(map(str, range(200))) for edge in ("row_min", "col_min", "row_max", "col_max")}
    columns = {**a.columns, "path": ("one.png",) * 200, **box}
    a, b = replace(a, columns=columns), replace(b, columns=columns)
    assert difference(a, b.take(slice(None, None, -1)), "macro_auc") == difference(a, b, "macro_auc")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.take(slice(3, None)), r"3 of 200 rows only the first has \(0.png; 1.png; 2.png\)"),
        (lambda b: replace(b, columns={"path": tuple("x" * i for i in range(1, 201))}), r"200 of 200 rows only"),
        (lambda b: replace(b, class_names=("malignant", "benign")), "expected the classes benign, malignant"),
        (lambda b: replace(b, labels=1 - b.labels), r"200 rows have another label than in the first table, 0.png"),
        (lambda b: replace(b, columns={}), "rows cannot be told apart by any column that both tables have"),
        (lambda b: replace(b, columns={"path": ("a",) * 200}), "rows cannot be told apart by path"),
    ],
)
def test_what_cannot_be_compared(change, message):
    with pytest.raises(MammoError, match=message):
        difference(predictions(2, 1), change(predictions(1, 2)), "macro_auc")


def test_the_first_table_has_all_rows_of_the_other():
    with pytest.raises(MammoError, match="5 of 200 rows only b has"):
        difference(predictions(2, 1).take(slice(5, None)), predictions(1, 2), "macro_auc")


def test_a_difference_knows_its_scale_and_its_degrees_of_freedom():
    a, b = predictions(2, 1), predictions(1, 2)
    rarer = min(np.bincount(a.labels))
    known = {"auc_benign": (None, rarer - 1), "accuracy": ((-1, 1), 199), "brier": ((-1, 1), 199)}
    for name, (span, freedom) in known.items():
        found = difference(a, b, name, 50)
        assert (found.span, found.freedom) == (span, freedom)


def test_few_rows_shift_two_calibration_errors_unlike():
    found = difference(predictions(2, 1), predictions(1, 2), "ece")
    assert found.value is not None
    assert (found.low, found.high, found.reason) == (None, None, "few rows shift both sides, and not alike")


def test_an_undefined_figure_has_no_difference():
    a = predictions(2, 1)
    hopeless = replace(a, probabilities=np.tile([1.0, 0.0], (200, 1)))
    found = difference(a, hopeless, "precision_malignant", 50)
    assert (found.value, found.n, found.reason) == (None, 0, "needs rows called malignant on both sides")
