"""A section of a datalist as a table of features."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from mammo_monai.classical.features import extract
from mammo_monai.classical.fitting import Table
from mammo_monai.classical.pixels import Sample, Samples
from mammo_monai.evaluation.identity import identify
from mammo_monai.evaluation.predictions import Prediction

Progress = Callable[[Iterable[Any], int], Iterable[Any]]


@dataclass(frozen=True)
class Described:
    """Rows without probabilities, and the features of each.

    Attributes:
        rows: what is judged, with its class.
        names: of the features.
        table: (rows, features).
    """

    rows: list[Prediction]
    names: list[str]
    table: Table


def describe(samples: Samples, classes: Sequence[str], progress: Progress) -> Described:
    """Read every sample and compute its features, on all cores: what computes is C without Python's lock."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        work = pool.map(partial(_described, samples, classes), range(len(samples)))
        made = list(progress(work, len(samples)))
    rows = [row for row, _ in made]
    return Described(rows, list(made[0][1]), np.array([list(features.values()) for _, features in made]))


def _described(samples: Samples, classes: Sequence[str], index: int) -> tuple[Prediction, dict[str, float]]:
    sample: Sample = samples[index]
    item = sample.item
    row = replace(
        Prediction(**identify(item, sample.meta)),  # type: ignore[arg-type]
        label=classes[int(item["label"])],
        box=tuple(int(edge) for edge in item.get("box", ())),
        turn=int(item.get("turn", 0)),
        finding=str(item["finding"]) if "finding" in item else "",
    )
    return row, extract(sample.plane)
