"""Figures of the probabilities themselves: Brier score, expected calibration error, probabilistic F1."""

from __future__ import annotations

import numpy as np

from mammo_monai.evaluation.figures import Figure, by_class, ratio
from mammo_monai.evaluation.scored import FloatArray, IntArray, Scored

BINS = 15
"""Of the calibration error, of equal width as in Guo et al., ICML 2017."""


def describe(scored: Scored) -> dict[str, Figure]:
    """``brier``, ``ece`` and ``pf1_<class>``."""
    each = {f"pf1_{name}": Figure(f"rows of {name}", len(scored)) for name in scored.class_names}
    worst = 2.0 / _parts(scored)
    return {"brier": Figure("a row", len(scored), span=(0.0, worst)), "ece": Figure("a row", len(scored)), **each}


def values(scored: Scored, weights: FloatArray) -> dict[str, FloatArray]:
    """All of :func:`describe` of (B, N) weights.

    ``brier`` is the mean squared distance from the truth over all classes (Brier 1950), halved for two classes so that
    it is the usual one of a binary outcome. ``ece`` compares the highest probability with how often it is right, in
    :data:`BINS` bins. ``pf1`` is F1 with probabilities as counts (Yacouby and Axman 2020; RSNA 2023).
    """
    total = weights.sum(1)
    truth = np.eye(len(scored.class_names))[scored.labels]
    distance = ((scored.probabilities - truth) ** 2).sum(1) / _parts(scored)
    excess = np.zeros((len(scored), BINS))
    confidence = scored.probabilities.max(1)
    excess[np.arange(len(scored)), bins(confidence)] = confidence - (scored.called == scored.labels)
    found = 2 * weights @ (truth * scored.probabilities)
    return {
        "brier": ratio(weights @ distance, total),
        "ece": ratio(np.abs(weights @ excess).sum(1), total),
        **by_class("pf1", scored.class_names, _pf1(found, weights @ truth, weights @ scored.probabilities)),
    }


def bins(probabilities: FloatArray) -> IntArray:
    """Bin of each probability; bin k is (k / BINS, (k + 1) / BINS], and 0 belongs to the first."""
    return np.clip(np.ceil(probabilities * BINS).astype(np.int64) - 1, 0, BINS - 1)


def _parts(scored: Scored) -> int:
    return 2 if len(scored.class_names) == 2 else 1


def _pf1(found: FloatArray, positives: FloatArray, called: FloatArray) -> FloatArray:
    return np.where(positives > 0, ratio(found, positives + called), np.nan)
