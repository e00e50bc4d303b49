from __future__ import annotations

from mammo_monai.training.evaluation_run import flat


def figure(value, low=None, high=None):
    return {"value": value, "low": low, "high": high, "n": 9, "method": "", "reason": ""}


def test_defined_figures_are_logged_flat_and_the_main_ones_with_their_intervals():
    figures = {
        "macro_auc": figure(0.7, 0.6, 0.8),
        "auc_045": figure(1.0),
        "accuracy": figure(0.5, 0.4, 0.6),
        "f1_045": figure(0.3, 0.2, 0.4),
        "precision_23": figure(None),
    }
    assert flat("test", {"n": 9, "figures": figures, "notes": {"error": 1}}) == {
        **{"test_macro_auc": 0.7, "test_macro_auc_low": 0.6, "test_macro_auc_high": 0.8, "test_auc_045": 1.0},
        **{"test_accuracy": 0.5, "test_accuracy_low": 0.4, "test_accuracy_high": 0.6, "test_f1_045": 0.3},
    }
