"""The bootstrap clustered by patient: patients are drawn with replacement, with all their rows.

Efron, Ann Stat 7 (1979) 1; clusters: Davison and Hinkley, Bootstrap Methods and their Application (1997), 3.8; signs:
the wild bootstrap of clusters, Cameron, Gelbach and Miller, Rev Econ Stat 90 (2008) 414.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mammo_monai.evaluation.scored import FloatArray, Scored, TextArray

REPLICATES = 2000
_BLOCK = 2**21
"""Weights made at a time (16 MiB): fast, and 20,000 rows need little more memory than 50."""


def draws(patients: TextArray, replicates: int = REPLICATES, seed: int = 0) -> Iterator[FloatArray]:
    """How often each row counts in each replicate.

    Args:
        patients: (N,) whose row it is.
        replicates: number of replicates in all.
        seed: the same patients and seed give the same draws.

    Yields:
        (B, N) weights, block by block; the memory order is that of (N, B).
    """
    names, owner = np.unique(patients, return_inverse=True)
    random = np.random.default_rng(seed)
    for size in _blocks(len(owner), replicates):
        drawn = random.integers(len(names), size=(size, len(names)))
        place = drawn * size + np.arange(size)[:, None]
        counts = np.bincount(place.ravel(), minlength=size * len(names)).reshape(len(names), size)
        yield counts.astype(np.float64)[owner].T


def signs(patients: TextArray, replicates: int = REPLICATES, seed: int = 0) -> Iterator[FloatArray]:
    """1 or -1 for each patient, by chance: what a sum over rows is where each row is expected to add nothing.

    Arguments and what it yields are those of :func:`draws`.
    """
    names, owner = np.unique(patients, return_inverse=True)
    random = np.random.default_rng(seed)
    for size in _blocks(len(owner), replicates):
        yield random.choice([-1.0, 1.0], size=(len(names), size))[owner].T


def _blocks(rows: int, replicates: int) -> Iterator[int]:
    """Numbers of replicates to make at a time."""
    block = max(1, _BLOCK // max(rows, 1))
    for start in range(0, replicates, block):
        yield min(block, replicates - start)


def method(scored: Scored, replicates: int) -> str:
    """How :func:`draws` draws, in words."""
    alone = scored.notes.get("without-patient", 0) == len(scored)
    drawn = f"{len(scored)} rows (no patients given)" if alone else f"{len(np.unique(scored.patients))} patients"
    return f"bootstrap, {replicates} draws of {drawn}"
