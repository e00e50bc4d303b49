"""A decision fitted on validation: temperature, margin, and operating points of images, breasts and exams."""

from __future__ import annotations

import numpy as np

from mammo_monai.datasets.patches.table import EDGES
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import RANGE, calibrated, margin_for, temperature
from mammo_monai.evaluation.decisions.decision import LEVELS, Decision
from mammo_monai.evaluation.decisions.plan import ARGMAX, DEFAULT, Plan
from mammo_monai.evaluation.levels import at_level
from mammo_monai.evaluation.operating import OperatingPoint, choose
from mammo_monai.evaluation.scored import Scored
from mammo_monai.networks.checkpoints import Weights, digest

LEAST = 10
"""Rows of each of two classes below which no temperature is fitted."""
_END = 1.001
"""A temperature as near as this to an end of the range, as a factor, is that end."""

Points = tuple[OperatingPoint, ...]


def fit(validation: Scored, weights: Weights, plan: Plan = DEFAULT, tta: str = "none") -> Decision:
    """Temperature, margin and operating points of every class that validation has, by image and by breast and exam.

    Args:
        validation: predictions of these weights on the validation part.
        weights: the file, or several.
        plan: what is asked for.
        tta: the test-time augmentation that the predictions were made with.

    Raises:
        MammoError: validation does not give the operating point that is to decide.
    """
    scale, remarks = _temperature(validation)
    rows = calibrated(validation, scale)
    margin = float(plan.abstain) if plan.share is None else margin_for(rows, plan.share)
    chosen = _points(rows, plan)
    remarks += [
        f"no operating point of {name}: validation lacks rows of it or of others"
        for name in rows.class_names
        if plan.operating_points and name not in {point.class_name for point in chosen}
    ]
    remarks += [
        f"{point.name}: reached only by calling {'all rows' if point.specificity == 0 else 'none'}"
        for point in chosen
        if not (point.sensitivity and point.specificity)
    ]
    levels, of_levels = _levels(rows, plan)
    made = Decision(
        digest(weights), rows.class_names, scale, margin, chosen, len(rows), (*remarks, *of_levels), tta, levels, plan
    )
    if plan.decide_by != ARGMAX and made.point is None:
        raise MammoError(
            f"decide_by: validation gives no operating point {plan.decide_by!r}, it lacks rows of the class or of "
            f"others; validate on more images, or decide by {ARGMAX}",
            "undefined",
        )
    return made


def _points(rows: Scored, plan: Plan) -> Points:
    """Of every class that there are rows of, besides rows of others."""
    there = {rows.class_names[index] for index in np.unique(rows.labels)}
    judged = [name for name in rows.class_names if name in there and len(there) > 1]
    return tuple(choose(rows, name, *point) for name in judged for point in plan.operating_points)


def _levels(rows: Scored, plan: Plan) -> tuple[dict[str, Points], list[str]]:
    """Operating points of calibrated rows pooled, and why there are none; patches are not judged by breast."""
    if set(EDGES) <= rows.columns.keys():
        return {}, []
    levels: dict[str, Points] = {}
    remarks: list[str] = []
    try:
        levels = {level: _points(at_level(rows, level), plan) for level in LEVELS}
    except MammoError as error:
        remarks.append(f"no operating points of breasts and exams: {error}")
    remarks += [
        f"no {level} is called, for want of the operating point {plan.decide_by!r}"
        for level in LEVELS
        if plan.decide_by not in {ARGMAX, *(point.name for point in levels.get(level, ()))}
    ]
    return levels, remarks


def _temperature(validation: Scored) -> tuple[float, list[str]]:
    """The temperature, or 1 where validation does not give one, and what there is to say of it."""
    counts = np.bincount(validation.labels, minlength=len(validation.class_names))
    if (counts >= LEAST).sum() < 2:
        return 1.0, [f"temperature kept at 1: validation has no {LEAST} rows of each of two classes"]
    found = temperature(validation)
    if found < RANGE[0] * _END:
        return 1.0, ["temperature kept at 1: validation is separable, any lower one would fit better"]
    if found > RANGE[1] / _END:
        return found, ["temperature at the highest tried: the probabilities say nothing of validation's classes"]
    return found, []
