"""The interval of macAUC on a large test set, against scikit-learn in a loop over the replicates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks._table import Line, at_most, times_faster
from benchmarks._timing import Pairs, Seconds, interleaved
from mammo_monai.evaluation.intervals.bootstrap import REPLICATES
from mammo_monai.evaluation.metrics import estimates
from mammo_monai.evaluation.scored import Scored, of

ROWS, PATIENTS, CLASSES = 20_000, 5_000, ("045", "1", "23")
LOOPED = 20
"""Replicates that scikit-learn is given; its time is scaled to all of them."""
LIMIT = 2.0
"""Seconds that all replicates may take."""


def lines(folder: Path) -> Iterator[Line]:
    """All replicates over patients: how many times faster, and seconds over the limit."""
    scored = predictions()
    pairs = interleaved(lambda: estimates(scored, ["macro_auc"]), lambda: looped(scored), budget=30, least=3, most=9)
    scaled = Seconds(tuple(seconds * REPLICATES / LOOPED for seconds in pairs.against.values))
    what = f"interval of macAUC, {REPLICATES} draws of {PATIENTS} patients, {ROWS} rows x {len(CLASSES)}"
    ratio = 1 / Pairs(pairs.ours, scaled).ratio
    yield Line(what, str(pairs.ours), f"{scaled} scikit-learn, scaled from {LOOPED} draws", ratio, times_faster(10))
    seconds = sorted(pairs.ours.values)[len(pairs.ours.values) // 2]
    yield Line(what, str(pairs.ours), f"{LIMIT:g} s allowed", seconds / LIMIT, at_most(1))


def predictions() -> Scored:
    """Four images of each patient, as ``predictions.csv`` has them: six decimals."""
    random = np.random.default_rng(0)
    labels = random.integers(0, len(CLASSES), ROWS)
    logits = np.eye(len(CLASSES))[labels] + random.normal(size=(ROWS, len(CLASSES)))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    patients = np.repeat(np.arange(PATIENTS), ROWS // PATIENTS).astype(str)
    return replace(of(labels, p.round(6), CLASSES), patients=patients)


def looped(scored: Scored) -> np.ndarray:
    """The same draws, each figure by ``roc_auc_score`` with the draws as weights; (LOOPED,) areas."""
    random = np.random.default_rng(0)
    owner = np.unique(scored.patients, return_inverse=True)[1]
    truth = np.eye(len(CLASSES), dtype=bool)[scored.labels]
    drawn = []
    for _ in range(LOOPED):
        counts = np.bincount(random.integers(PATIENTS, size=PATIENTS), minlength=PATIENTS)[owner]
        drawn.append(
            np.mean(
                [
                    roc_auc_score(t, p, sample_weight=counts)
                    for t, p in zip(truth.T, scored.probabilities.T, strict=True)
                ]
            )
        )
    return np.array(drawn)
