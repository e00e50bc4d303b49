"""Probabilities that mean what they say: temperature scaling, reliability, and the band in which nothing is called.

Guo, Pleiss, Sun and Weinberger, ICML 2017: one temperature, fitted on validation, divides the logits; the order of a
row's classes stays. Brier score and calibration error are figures like any other (:mod:`.figures.probabilistic`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.estimate import Estimate, of_interval
from mammo_monai.evaluation.figures.probabilistic import BINS, bins
from mammo_monai.evaluation.intervals import proportion
from mammo_monai.evaluation.scored import FloatArray, Scored

MARGIN = 0.05
"""Between the two highest probabilities, below which nothing is called unless told otherwise."""
RANGE = (0.05, 20.0)
"""Temperatures that are tried: of rows that are all right the best would be 0, of noise infinite."""
_LEAST = 5e-7
"""Stands for a probability of 0: tables of others have six decimals."""


def temperature(validation: Scored) -> float:
    """The temperature with the least negative log-likelihood of the labels, within :data:`RANGE`."""
    logits = _logits(validation.probabilities)
    rows = np.arange(len(validation))

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / math.exp(log_temperature), axis=1)
        return -float(scaled[rows, validation.labels].mean())

    found = minimize_scalar(loss, bounds=tuple(map(math.log, RANGE)), method="bounded", options={"xatol": 1e-6})
    return math.exp(found.x)


def calibrate(probabilities: FloatArray, temperature: float) -> FloatArray:
    """(N, C) probabilities of logits divided by the temperature: above 1 flatter, below 1 sharper."""
    scaled: FloatArray = np.exp(log_softmax(_logits(probabilities) / temperature, axis=1))
    return scaled


def calibrated(scored: Scored, temperature: float) -> Scored:
    """The same rows with calibrated probabilities."""
    return replace(scored, probabilities=calibrate(scored.probabilities, temperature))


def margins(probabilities: FloatArray) -> FloatArray:
    """(N,) distances between the two highest of (N, C) probabilities."""
    highest = np.sort(probabilities, axis=1)
    return highest[:, -1] - highest[:, -2]


def margin_for(validation: Scored, share: float) -> float:
    """The margin below which that share of the validation rows lies, the flattest ones.

    Raises:
        MammoError: the share is not from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise MammoError(f"share of rows to abstain from: expected 0 to 1, found {share:g}", reason="bad-option")
    return float(np.quantile(margins(validation.probabilities), share))


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows whose highest probability lies between ``low`` (excluded) and ``high``.

    Attributes:
        low: lower end.
        high: upper end.
        confidence: mean of their highest probabilities.
        right: share of them whose most probable class is the true one.
    """

    low: float
    high: float
    confidence: float
    right: Estimate


def reliability(scored: Scored) -> list[Bin]:
    """The bins of the calibration error that hold rows, by ascending probability."""
    confidence = scored.probabilities.max(1)
    place, right = bins(confidence), scored.called == scored.labels
    found = []
    for index in np.unique(place):
        inside = place == index
        interval = proportion.over_patients(right[inside], scored.patients[inside])
        share = of_interval(float(right[inside].mean()), interval, int(inside.sum()), "a row")
        found.append(Bin(index / BINS, (index + 1) / BINS, float(confidence[inside].mean()), share))
    return found


def _logits(probabilities: FloatArray) -> FloatArray:
    return np.log(np.maximum(probabilities, _LEAST))
