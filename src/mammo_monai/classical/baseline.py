"""The baseline, from a datalist to the folder of an evaluation. The fitted model is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from mammo_monai.classical import models
from mammo_monai.classical.described import Progress, describe
from mammo_monai.classical.fitting import fit
from mammo_monai.classical.pixels import Samples
from mammo_monai.datasets import datalist as lists
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.written import write_evaluation

FITTED: Final = {"test": ("training", "validation"), "validation": ("training",)}
"""What the model is chosen and fitted on, by the section it predicts."""


def run(
    datalist: Path,
    root: Path,
    out: Path,
    bundle: Path,
    *,
    model: str = "logistic",
    section: str = "test",
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    progress: Progress = lambda work, _: work,
) -> dict[str, Any]:
    """Fit on what is not tested, predict ``section``, and write what a bundle's evaluation writes.

    Args:
        datalist: as the bundle takes it.
        root: folder of the data set or of a prepared store.
        out: folder of the evaluation.
        bundle: whose chain makes the pixels.
        model: see :mod:`mammo_monai.classical.models`.
        section: "test", after fitting on training and validation, or "validation", after fitting on training alone.
        seed: of folds and model.
        options: ids of the bundle's config set anew.
        progress: wraps the reading of a section; gets its items and how many they are.

    Returns:
        The content of ``metrics.json``.

    Raises:
        MammoError: the datalist, bundle, section or model cannot be used.
    """
    kind = models.load(model)
    if section not in FITTED:
        raise MammoError(f"--section {section}: expected one of {', '.join(FITTED)}", "usage")
    content = lists.read(datalist)
    classes = content["classes"]
    parts = [
        describe(Samples(bundle, datalist, root, part, options or {}), classes, progress)
        for part in (*FITTED[section], section)
    ]
    *known, asked = parts
    rows = [row for part in known for row in part.rows]
    labels = np.array([classes.index(row.label) for row in rows])
    fitted = fit(
        kind, np.concatenate([part.table for part in known]), labels, [r.patient or r.path for r in rows], seed
    )
    scores = fitted.probabilities(asked.table).tolist()
    judged = [replace(row, probabilities=tuple(score)) for row, score in zip(asked.rows, scores, strict=True)]
    context = {
        "section": section,
        "label map": f"{content['label_map']} ({content['label_note']})",
        "datalist": content["digest"],
        "patches": str(content.get("patches", "")),
        "model": f"baseline-{model}, {len(asked.names)} features of {bundle.name}'s pixels, seed {seed}",
        "fitted on": f"{' and '.join(FITTED[section])}, {len(rows)} items",
        "chosen": f"{fitted.chosen} by cross-validation among these in {fitted.folds} folds of whole patients, "
        f"balanced log loss {fitted.loss:.3f}",
    }
    return write_evaluation(out, judged, classes, context)
