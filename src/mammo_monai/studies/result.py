"""The rows of a study side by side: figures with intervals, and which differences are more than noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import paired, prediction_table
from mammo_monai.evaluation.bonferroni import survives
from mammo_monai.evaluation.estimate import Difference, Estimate
from mammo_monai.evaluation.metrics import estimates
from mammo_monai.evaluation.scored import Scored
from mammo_monai.studies.folder import FINISHED, Outcome, read_json
from mammo_monai.studies.plan import Job
from mammo_monai.studies.pooling import pooled
from mammo_monai.studies.table import Row, Study

COMPARED = ("accuracy", "macro_auc")
"""Figures whose difference from the baseline is taken: every table of classes has them."""
MAJORITY = "majority_accuracy"
"""What always naming the commonest class gives; no accuracy is shown without it."""
SUMMED = ("epochs", "training_seconds", "evaluation_seconds")


@dataclass(frozen=True)
class Line:
    """One row of the result.

    Attributes:
        row: of the study.
        counts: test rows of each class; empty where nothing was tested.
        figures: of the pooled test predictions.
        differences: from the baseline.
        beyond: whether a difference is more than noise, all differences of the study considered; None where there is no
            interval to tell.
        cost: what the trainings took: sums of times, means of speeds, maxima of sizes.
        remark: why something is missing.
    """

    row: Row
    counts: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Estimate] = field(default_factory=dict)
    differences: Mapping[str, Difference] = field(default_factory=dict)
    beyond: Mapping[str, bool | None] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    remark: str = ""


def compare(study: Study, jobs: Sequence[Job], failures: Sequence[Outcome]) -> list[Line]:
    """A line for each row of ``study``.

    Args:
        study: its rows, in its order.
        jobs: all of its trainings.
        failures: those without a result.
    """
    why = {outcome.folder: outcome.message for outcome in failures}
    own = {row.name: [job for job in jobs if job.row == row.name] for row in study.rows}
    tested, remarks = dict[str, Scored](), dict[str, str]()
    for name, trainings in own.items():
        try:
            tested[name] = _predictions(trainings, why)
        except MammoError as error:
            remarks[name] = str(error)
    lines = [
        _line(row, own[row.name], tested, row.against or study.baseline, remarks.get(row.name, ""))
        for row in study.rows
    ]
    return marked(lines)


def marked(lines: Sequence[Line]) -> list[Line]:
    """All lines of a study, with what is known of their differences when all of them are looked at together."""
    total = comparisons(lines)
    return [
        replace(line, beyond={name: survives(found, total) for name, found in line.differences.items()})
        for line in lines
    ]


def comparisons(lines: Sequence[Line]) -> int:
    """How many differences are looked at."""
    return sum(len(line.differences) for line in lines)


def _predictions(jobs: Sequence[Job], why: Mapping[Path, str]) -> Scored:
    for job in jobs:
        if job.folder in why:
            raise MammoError(f"{job.folder.name}: {why[job.folder]}", "failed")
        if not job.tested:
            raise MammoError("trained only, its datalist has no test section", "not-tested")
    return pooled({job.folder.name: prediction_table.read(job.folder / "predictions.csv") for job in jobs})


def _line(row: Row, jobs: Sequence[Job], tested: Mapping[str, Scored], baseline: str, remark: str) -> Line:
    ours = tested.get(row.name)
    cost = _cost([dict((read_json(job.folder / FINISHED) or {}).get("measured", {})) for job in jobs])
    if ours is None:
        return Line(row, cost=cost, remark=remark)
    counts = np.bincount(ours.labels, minlength=len(ours.class_names)).tolist()
    differences: dict[str, Difference] = {}
    try:
        if baseline not in tested:
            raise MammoError(f"{baseline} has no result", "no-baseline")
        if row.name != baseline:
            differences = paired.differences(tested[baseline], {row.name: ours}, COMPARED)[row.name]
    except MammoError as error:
        remark = f"no difference: {error}"
    named = dict(zip(ours.class_names, counts, strict=True))
    return Line(row, named, estimates(ours), differences, cost=cost, remark=remark)


def _cost(measured: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of several trainings: times add up, speeds are averaged, sizes are the largest."""
    made: dict[str, float] = {}
    for key in dict.fromkeys(key for one in measured for key in one if key != "chosen_epoch"):
        values = [one[key] for one in measured if one.get(key) is not None]
        if values:
            join = sum if key in SUMMED else np.mean if key == "images_per_second" else max
            made[key] = round(float(join(values)), 3)
    return made


def metrics(lines: Sequence[Line]) -> dict[str, float]:
    """``<row>/<figure>``, ``<row>/difference_<figure>`` and ``<row>/<cost>``, as MLflow takes them."""
    made: dict[str, float] = {}
    for line in lines:
        named = {
            **{name: line.figures[name] for name in (*COMPARED, MAJORITY) if name in line.figures},
            **{f"difference_{name}": figure for name, figure in line.differences.items()},
        }
        known = {name: figure.value for name, figure in named.items() if figure.value is not None}
        made |= {f"{line.row.name}/{name}": value for name, value in {**known, **line.cost}.items()}
    return made
