"""The choice of a model: never a patient on both sides, the same for a seed, a refusal where nothing can be chosen."""

from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.classical import fitting, models
from mammo_monai.classical.fitting import fit
from mammo_monai.errors import MammoError

ROWS, PATIENTS = 60, 20
PEOPLE = [f"p{i % PATIENTS}" for i in range(ROWS)]
LABELS = np.array([i % PATIENTS % 2 for i in range(ROWS)])


def table(signal: float, seed: int = 0) -> np.ndarray:
    features = np.random.default_rng(seed).normal(size=(ROWS, 6))
    features[:, 2] += signal * LABELS
    return features


@pytest.mark.parametrize("name", models.names())
def test_a_signal_is_found_and_a_seed_repeats(name, monkeypatch):
    monkeypatch.setattr(models.load(name), "GRID", {k: v[1:2] for k, v in models.load(name).GRID.items()})
    one, two = (fit(models.load(name), table(4.0), LABELS, PEOPLE, 3) for _ in range(2))
    fresh = table(4.0, 1)
    scores = one.probabilities(fresh)
    assert scores.shape == (ROWS, 2) and np.allclose(scores.sum(1), 1)
    assert one.chosen == two.chosen
    np.testing.assert_allclose(scores, two.probabilities(fresh), atol=1e-12)  # trees are summed as they come
    assert ((scores[:, 1] > 0.5) == LABELS).mean() > 0.9
    assert one.loss < np.log(2)


def test_no_patient_is_divided_by_the_choice(monkeypatch):
    """Features that only name the patient are worth nothing to another one."""
    seen = []

    class Spy(type(fitting.StratifiedGroupKFold(2))):
        def split(self, *args, **kwargs):
            for train, test in super().split(*args, **kwargs):
                seen.append({PEOPLE[i] for i in train} & {PEOPLE[i] for i in test})
                yield train, test

    monkeypatch.setattr(fitting, "StratifiedGroupKFold", Spy)
    rng = np.random.default_rng(0)
    identity = np.eye(PATIENTS)[[int(p[1:]) for p in PEOPLE]] + 0.01 * rng.normal(size=(ROWS, PATIENTS))
    fitted = fit(models.load("logistic"), identity, LABELS, PEOPLE, 0)
    assert len(seen) == 5 and not any(seen)
    assert fitted.loss > 0.6  # log 2 is chance


def test_rare_classes_weigh_as_much_as_common_ones():
    labels = np.array([int(i % PATIENTS < 4) for i in range(ROWS)])
    scores = fit(models.load("logistic"), np.zeros((ROWS, 3)), labels, PEOPLE, 0).probabilities(np.zeros((1, 3)))
    assert scores[0] == pytest.approx([0.5, 0.5], abs=1e-3)


@pytest.mark.parametrize("labels", [np.zeros(ROWS, int), np.array([int(p == "p0") for p in PEOPLE])])
def test_a_class_of_one_patient_is_refused(labels):
    with pytest.raises(MammoError, match="two or more of each"):
        fit(models.load("logistic"), table(0.0), labels, PEOPLE, 0)


def test_an_unknown_model_is_named():
    with pytest.raises(MammoError, match="forest, logistic"):
        models.load("oak")
