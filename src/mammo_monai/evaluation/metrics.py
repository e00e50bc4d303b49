"""The figures of a table of predictions with their intervals: what ``metrics.json`` holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from mammo_monai.evaluation import figures
from mammo_monai.evaluation.estimate import Estimate, of_draws, of_interval
from mammo_monai.evaluation.figures.counts import confusion
from mammo_monai.evaluation.intervals import NOTHING
from mammo_monai.evaluation.intervals.bootstrap import REPLICATES, draws, method
from mammo_monai.evaluation.scored import FloatArray, Scored


def summarize(scored: Scored, replicates: int = REPLICATES, seed: int = 0) -> dict[str, Any]:
    """Everything that reports print.

    Args:
        scored: N rows.
        replicates: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        ``n`` rows, ``patients``, ``counts`` per class, ``figures`` (:class:`Estimate` by name, as JSON holds it),
        ``confusion_matrix`` (rows: truth, columns: called) and the table's ``notes``.
    """
    counts = np.bincount(scored.labels, minlength=len(scored.class_names))
    found = estimates(scored, replicates=replicates, seed=seed)
    return {
        "n": len(scored),
        "patients": len(np.unique(scored.patients)),
        "counts": dict(zip(scored.class_names, counts.tolist(), strict=True)),
        "figures": {name: estimate.content() for name, estimate in found.items()},
        "confusion_matrix": confusion(scored).tolist(),
        "notes": dict(scored.notes),
    }


def estimates(
    scored: Scored, names: Collection[str] | None = None, replicates: int = REPLICATES, seed: int = 0
) -> dict[str, Estimate]:
    """Figures with their 95 % intervals.

    All are over patients: :data:`mammo_monai.evaluation.figures.INTERVALS`.

    Args:
        scored: N rows.
        names: of the figures wanted; all by default.
        replicates: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        MammoError: there is no such figure.
    """
    described = figures.describe(scored)
    points = figures.point(scored, names)
    replicated = _replicated(scored, [name for name in points if described[name].bootstrapped], replicates, seed)
    patients = len(np.unique(scored.patients))

    def estimate(name: str, value: float) -> Estimate:
        figure = described[name]
        if figure.interval:
            return of_interval(value, figure.interval(), figure.n, figure.needs)
        if figure.biased:
            return of_interval(value, NOTHING, figure.n, figure.needs, figure.biased())
        words = method(scored, replicates)
        drawn = replicated[name]
        return of_draws(value, drawn, patients, words, figure.n, figure.needs, figure.span, figure.ends)

    return {name: estimate(name, value) for name, value in points.items()}


def _replicated(scored: Scored, names: Collection[str], replicates: int, seed: int) -> dict[str, FloatArray]:
    if not names:
        return {}
    blocks = list(map(figures.function(scored, names), draws(scored.patients, replicates, seed)))
    return {name: np.concatenate([block[name] for block in blocks]) for name in names}
