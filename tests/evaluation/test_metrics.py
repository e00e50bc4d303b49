from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import figures
from mammo_monai.evaluation.metrics import estimates, summarize
from mammo_monai.evaluation.prediction_table import read
from mammo_monai.evaluation.scored import of


def from_confusion(matrix, class_names):
    """Rows whose labels and one-hot predictions give this confusion matrix."""
    pairs = [(truth, called) for truth, row in enumerate(matrix) for called, n in enumerate(row) for _ in range(n)]
    labels, called = np.array(pairs).T
    return of(labels, np.eye(len(matrix))[called], class_names)


def values(scored):
    return {name: figure["value"] for name, figure in summarize(scored, 10)["figures"].items()}


def clustered(n_patients=30, rows=4, seed=0):
    random = np.random.default_rng(seed)
    owner = np.repeat(np.arange(n_patients), rows)
    labels = (random.normal(size=n_patients)[owner] + random.normal(size=len(owner)) > 0.3).astype(int)
    p = 1 / (1 + np.exp(-(labels - 0.5 + random.normal(size=n_patients)[owner] + random.normal(size=len(owner)))))
    return replace(of(labels, np.c_[1 - p, p], ["benign", "malignant"]), patients=owner.astype(str))


def test_figures_of_the_hanoi_studys_table_3():
    """Accuracy 56.4 % and recalls 0.648 / 0.745 / 0.326 follow from the printed confusion matrix."""
    table = [[236, 122, 6], [108, 331, 5], [172, 142, 152]]
    scored = from_confusion(table, ["045", "1", "23"])
    metrics, found = summarize(scored, 10), values(scored)
    assert metrics["confusion_matrix"] == table
    assert (metrics["n"], metrics["patients"]) == (1274, 1274)
    assert metrics["counts"] == {"045": 364, "1": 444, "23": 466}
    assert found["accuracy"] == pytest.approx(0.564, abs=5e-4)
    recalls = [found[f"sensitivity_{name}"] for name in ("045", "1", "23")]
    assert recalls == pytest.approx([0.648, 0.745, 0.326], abs=5e-4)
    assert found["specificity_045"] == pytest.approx((1274 - 364 - 108 - 172) / (1274 - 364))
    assert found["majority_accuracy"] == pytest.approx(466 / 1274)


def test_precision_and_recall_of_abnormal_patches_as_printed():
    """808 / (808 + 13) = 0.984 and 808 / (808 + 98) = 0.892 in the study of DDSM patches (2020)."""
    found = values(from_confusion([[4152, 13], [98, 808]], ["normal", "abnormal"]))
    assert found["precision_abnormal"] == pytest.approx(0.984, abs=5e-4)
    assert found["sensitivity_abnormal"] == pytest.approx(0.892, abs=5e-4)
    assert found["f1_abnormal"] == pytest.approx(2 * 808 / (2 * 808 + 13 + 98))


def test_means_of_a_small_matrix_by_hand():
    found = values(from_confusion([[3, 1], [2, 4]], ["benign", "malignant"]))
    assert (found["precision_benign"], found["precision_malignant"]) == (3 / 5, 4 / 5)
    assert (found["f1_benign"], found["f1_malignant"]) == pytest.approx((6 / 9, 8 / 11))
    assert found["macro_precision"] == pytest.approx((3 / 5 + 4 / 5) / 2)
    assert found["weighted_precision"] == pytest.approx((4 * 3 / 5 + 6 * 4 / 5) / 10)
    assert found["weighted_sensitivity"] == pytest.approx(found["accuracy"]) == pytest.approx(7 / 10)
    assert found["macro_f1"] == pytest.approx((6 / 9 + 8 / 11) / 2)


@pytest.mark.filterwarnings("error")
def test_figures_without_a_denominator_are_undefined_and_say_what_they_need():
    never_called = summarize(from_confusion([[3, 0], [2, 0]], ["benign", "malignant"]), 50)["figures"]
    assert never_called["precision_malignant"] == {
        **dict.fromkeys(("value", "low", "high")),
        **{"n": 0, "method": "", "reason": "needs rows called malignant"},
    }
    assert never_called["f1_malignant"]["value"] == 0  # of two malignant none was found: that is defined
    assert never_called["macro_sensitivity"]["value"] == 0.5
    assert never_called["macro_precision"]["reason"] == "needs rows called each class"
    absent = summarize(of([0, 0, 1], np.eye(3)[[0, 1, 1]], ["normal", "benign", "malignant"]), 50)["figures"]
    assert absent["f1_malignant"]["value"] is absent["sensitivity_malignant"]["value"] is None
    assert absent["weighted_sensitivity"]["value"] == pytest.approx(2 / 3)


def test_n_is_that_of_the_figure():
    found = estimates(from_confusion([[3, 1], [2, 4]], ["b", "m"]), replicates=10)
    expected = {"accuracy": 10, "sensitivity_b": 4, "specificity_b": 6, "precision_b": 5, "f1_b": 6, "auc_b": 10}
    assert {name: found[name].n for name in expected} == expected


def test_every_defined_figure_has_an_interval_around_it():
    found = estimates(clustered())
    assert found.keys() == figures.describe(clustered()).keys()
    assert found.pop("ece").low is None
    for name, estimate in found.items():
        assert estimate.low <= estimate.value <= estimate.high, name
        assert estimate.low < estimate.high
        assert "30 patients" in estimate.method or "of 2" in estimate.method, name  # some have rows of fewer


def test_methods_name_what_is_done():
    found = estimates(clustered())
    drawn, moderated = "bootstrap, 2000 draws of 30 patients; standard error", "moderated by Hanley and McNeil"
    assert found["macro_auc"].method == f"{drawn} {moderated}"
    assert found["auc_benign"].method == f"DeLong {moderated}, 30 patients"
    assert found["macro_f1"].method == found["brier"].method == f"{drawn} on the logit scale"
    assert found["accuracy"].method.startswith("Wilson, 120 rows of 30 patients, worth ")


def test_the_calibration_error_says_what_chance_makes_of_it():
    """0.0 to 0.3 of calibrated scores; the range by a loop over patterns of signs."""
    scored, random = clustered(), np.random.default_rng(6)
    found = estimates(scored, ["ece"])["ece"]
    said = re.fullmatch(r"few rows raise it; calibrated scores would have (0\.\d{3}) to (0\.\d{3})", found.reason)
    confidence = scored.probabilities.max(1)
    excess, place = confidence - (scored.called == scored.labels), np.ceil(confidence * 15)
    sums = []
    for _ in range(2000):
        signs = random.choice([-1, 1], 30).repeat(4)
        sums.append(sum(abs((signs * excess)[place == k].sum()) for k in np.unique(place)) / 120)
    assert [float(end) for end in said.groups()] == pytest.approx(np.quantile(sums, [0.025, 0.975]), abs=0.01)
    assert estimates(clustered(5), ["ece"])["ece"].reason == "few rows raise it"


def test_the_interval_of_a_bootstrapped_figure_by_a_loop():
    """Draws patients and takes their rows anew for every replicate; the ends agree to the noise of their number."""
    scored, random, drawn = clustered(), np.random.default_rng(5), []
    names = np.unique(scored.patients)
    rows = {name: np.flatnonzero(scored.patients == name) for name in names}
    right = scored.called == scored.labels

    def balanced_accuracy(taken):
        return np.mean([right[taken][scored.labels[taken] == k].mean() for k in (0, 1)])

    for _ in range(2000):
        drawn.append(balanced_accuracy(np.concatenate([rows[name] for name in random.choice(names, len(names))])))
    found = estimates(scored, ["balanced_accuracy"])["balanced_accuracy"]
    value, error, t_of_29 = balanced_accuracy(np.arange(len(scored))), np.std(drawn), 2.0452
    half = t_of_29 * error / (value * (1 - value))
    ends = 1 / (1 + np.exp(-(np.log(value / (1 - value)) + np.array([-half, half]))))
    assert (found.low, found.high) == pytest.approx(tuple(ends), abs=0.01)


def test_seed_and_clusters_matter_and_the_order_of_the_rows_does_not():
    scored = clustered()
    first, other = (estimates(scored, ["macro_f1"], 200, seed)["macro_f1"] for seed in (0, 1))
    assert first == estimates(scored, ["macro_f1"], 200)["macro_f1"] != other
    order = np.random.default_rng(1).permutation(len(scored))
    shuffled = estimates(scored.take(order), ["macro_f1"], 200)["macro_f1"]
    assert (shuffled.low, shuffled.high) == pytest.approx((first.low, first.high), rel=1e-9)
    blind = replace(scored, patients=np.arange(len(scored)).astype(str))
    for name, estimate in estimates(scored, ["accuracy", "auc_benign", "macro_auc"]).items():
        alone = estimates(blind, [name])[name]
        assert alone.value == estimate.value
        assert alone.high - alone.low < estimate.high - estimate.low, name  # here a woman's images are alike


def test_without_patients_the_method_says_so(tmp_path):
    (tmp_path / "p.csv").write_text(
        "row,label,p_a,p_b\n" + "".join(f"{i},{'ab'[i % 2]},0.{i},0.{10 - i}\n" for i in (1, 2, 3, 4, 5, 6, 7, 3, 8, 9))
    )
    found = estimates(read(tmp_path / "p.csv"), ["macro_f1"])["macro_f1"]
    assert found.method == "bootstrap, 2000 draws of 9 rows (no patients given); standard error on the logit scale"


def test_five_rows(tmp_path):
    (tmp_path / "p.csv").write_text(
        "patient,label,p_a,p_b\n1,a,0.8,0.2\n1,b,0.3,0.7\n2,a,0.4,0.6\n3,b,0.6,0.4\n4,b,0,1\n"
    )
    metrics = summarize(read(tmp_path / "p.csv"))
    assert (metrics["n"], metrics["patients"], metrics["counts"]) == (5, 4, {"a": 2, "b": 3})
    json.dumps(metrics, allow_nan=False)
    accuracy = metrics["figures"]["accuracy"]
    assert (accuracy["value"], accuracy["n"]) == (0.6, 5)
    assert accuracy["high"] - accuracy["low"] > 0.6


def test_one_row(tmp_path):
    (tmp_path / "p.csv").write_text("label,p_a,p_b\na,0.8,0.2\n")
    metrics = summarize(read(tmp_path / "p.csv"))
    json.dumps(metrics, allow_nan=False)
    assert metrics["figures"]["accuracy"]["value"] == 1
    assert metrics["figures"]["macro_auc"]["value"] is None
    assert metrics["notes"] == {"without-patient": 1}


def test_an_unknown_figure():
    with pytest.raises(MammoError, match="figure kappa: expected one of"):
        estimates(clustered(), ["kappa"])
