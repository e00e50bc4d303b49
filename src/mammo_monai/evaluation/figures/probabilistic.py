"""Figures of the probabilities themselves: Brier score, expected calibration error, probabilistic F1."""

from __future__ import annotations

from functools import partial

import numpy as np

from mammo_monai.evaluation.figures import Figure, by_class, ratio
from mammo_monai.evaluation.intervals import consistency
from mammo_monai.evaluation.scored import FloatArray, IntArray, Scored

BINS = 15
"""Of the calibration error, of equal width as in Guo et al., ICML 2017."""


def describe(scored: Scored) -> dict[str, Figure]:
    """``brier``, ``ece`` and ``pf1_<class>``."""
    each = {f"pf1_{name}": Figure(f"rows of {name}", len(scored)) for name in scored.class_names}
    worst = 2.0 / _parts(scored)
    return {
        "brier": Figure("a row", len(scored), span=(0.0, worst)),
        "ece": Figure("a row", len(scored), biased=partial(_of_calibrated, scored)),
        **each,
    }


def values(scored: Scored, weights: FloatArray) -> dict[str, FloatArray]:
    """All of :func:`describe` of (B, N) weights.

    ``brier`` is the mean squared distance from the truth over all classes (Brier 1950), halved for two classes so that
    it is the usual one of a binary outcome. ``ece`` compares the highest probability with how often it is right, in
    :data:`BINS` bins; chance alone makes some of it, the more the fewer rows (Bröcker 2012), so that no interval
    around it would hold the truth. ``pf1`` is F1 with probabilities as counts (Yacouby and Axman 2020; RSNA 2023).
    """
    total = weights.sum(1)
    truth = np.eye(len(scored.class_names))[scored.labels]
    distance = ((scored.probabilities - truth) ** 2).sum(1) / _parts(scored)
    found = 2 * weights @ (truth * scored.probabilities)
    return {
        "brier": ratio(weights @ distance, total),
        "ece": ratio(np.abs(weights @ _excess(scored)).sum(1), total),
        **by_class("pf1", scored.class_names, _pf1(found, weights @ truth, weights @ scored.probabilities)),
    }


def bins(probabilities: FloatArray) -> IntArray:
    """Bin of each probability; bin k is (k / BINS, (k + 1) / BINS], and 0 belongs to the first."""
    return np.clip(np.ceil(probabilities * BINS).astype(np.int64) - 1, 0, BINS - 1)


def _excess(scored: Scored) -> FloatArray:
    """(N, BINS): highest probability less 1 where it is right, in the row's bin."""
    excess = np.zeros((len(scored), BINS))
    confidence = scored.probabilities.max(1)
    excess[np.arange(len(scored)), bins(confidence)] = confidence - (scored.called == scored.labels)
    return excess


def _of_calibrated(scored: Scored) -> str:
    """What the calibration error of these rows would be if the scores were calibrated, which is not 0."""
    found = consistency.by_chance(_excess(scored) / len(scored), scored.patients)
    if found is None:
        return "few rows raise it"
    return f"few rows raise it; calibrated scores would have {found[0]:.3f} to {found[1]:.3f}"


def _parts(scored: Scored) -> int:
    return 2 if len(scored.class_names) == 2 else 1


def _pf1(found: FloatArray, positives: FloatArray, called: FloatArray) -> FloatArray:
    return np.where(positives > 0, ratio(found, positives + called), np.nan)
