"""What a set of weights decides: ``decision.json`` beside them, fitted on validation and bound to them by SHA-256.

Probabilities under test-time augmentation, or of several checkpoints together, are others, and have a decision of
their own: ``weights`` and ``tta`` stand for the whole network here, as they do in a bundle's config.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mammo_monai.datasets.patches.table import EDGES
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import MARGIN, RANGE, calibrate, calibrated, margins, temperature
from mammo_monai.evaluation.levels import at_level
from mammo_monai.evaluation.operating import OperatingPoint, choose
from mammo_monai.evaluation.scored import FloatArray, Scored
from mammo_monai.files import write_text
from mammo_monai.networks.ensemble import Weights, digest, members

NAME = "decision.json"
ABSTAIN = "abstain"
"""Stands for a class where none is called."""
LEAST = 10
"""Rows of each of two classes below which no temperature is fitted."""
_END = 1.001
"""A temperature as near as this to an end of the range, as a factor, is that end."""
LEVELS = ("breast", "exam")
POINTS = (("youden", 0.0), ("sensitivity", 0.9), ("specificity", 0.9))
"""Rules and targets of the operating points that every class gets."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How probabilities become a call.

    Attributes:
        sha256: of the weights.
        class_names: in the order of the network's outputs.
        temperature: of the calibration.
        abstain: margin between the two highest calibrated probabilities below which no class is called.
        operating_points: of calibrated probabilities.
        validation_rows: rows all this was fitted on.
        remarks: what could not be fitted and why, for people.
        tta: the test-time augmentation it was fitted with.
        levels: operating points of breasts and exams, whose pooled probabilities are others than those of images.
    """

    sha256: str
    class_names: tuple[str, ...]
    temperature: float
    abstain: float
    operating_points: tuple[OperatingPoint, ...]
    validation_rows: int
    remarks: tuple[str, ...] = ()
    tta: str = "none"
    levels: Mapping[str, tuple[OperatingPoint, ...]] = field(default_factory=dict)

    def at(self, level: str) -> Decision:
        """What decides about calibrated probabilities pooled to "breast" or "exam"."""
        return replace(self, temperature=1.0, operating_points=tuple(self.levels.get(level, ())))

    def __str__(self) -> str:
        fitted = (
            f"temperature {self.temperature:.3g}, abstains below a margin of {self.abstain:g}, "
            f"{len(self.operating_points)} operating points, chosen on {self.validation_rows} validation rows"
        )
        return "; ".join([fitted, *self.remarks])


@dataclass(frozen=True, slots=True)
class Decided:
    """N rows as decided.

    Attributes:
        probabilities: (N, C), calibrated.
        called: N class names; None where the decision abstains.
        points: per operating point's name (N,) whether its class is called.
    """

    probabilities: FloatArray
    called: tuple[str | None, ...]
    points: Mapping[str, npt.NDArray[np.bool_]]


def fit(
    validation: Scored,
    weights: Weights,
    abstain: float = MARGIN,
    points: tuple[tuple[str, float], ...] = POINTS,
    tta: str = "none",
) -> Decision:
    """Temperature and operating points of every class that validation has, by image and by breast and exam.

    Args:
        validation: predictions of these weights on the validation part.
        weights: the file, or several.
        abstain: margin; :func:`calibration.margin_for` gives that of a share of the validation rows.
        points: rules and targets; ``("cost", 20)`` for a missed case that costs as much as 20 false alarms.
        tta: the test-time augmentation that the predictions were made with.
    """
    scale, remarks = _temperature(validation)
    rows = calibrated(validation, scale)
    chosen = _points(rows, points)
    remarks += [
        f"no operating point of {name}: validation lacks rows of it or of others"
        for name in rows.class_names
        if name not in {point.class_name for point in chosen}
    ]
    remarks += [
        f"{point.name}: reached only by calling {'all rows' if point.specificity == 0 else 'none'}"
        for point in chosen
        if not (point.sensitivity and point.specificity)
    ]
    levels, refused = _levels(rows, points)
    return Decision(
        digest(weights), rows.class_names, scale, abstain, chosen, len(rows), (*remarks, *refused), tta, levels
    )


def path_of(weights: Weights, tta: str = "none") -> Path:
    """``decision.json`` beside a checkpoint; of several, or with test-time augmentation, under a name of its own."""
    files = members(weights)
    name, suffix = NAME.split(".")
    several = f"_{digest(weights)[:12]}" if len(files) > 1 else ""
    variants = "" if tta == "none" else f"_{tta}"
    return Path(min(map(str, files))).expanduser().with_name(f"{name}{several}{variants}.{suffix}")


def write(decision: Decision, weights: Weights, tta: str = "none") -> Path:
    """Write ``decision.json`` beside the weights.

    Raises:
        MammoError: the decision is that of other weights, or the folder cannot be written.
    """
    path = path_of(weights, tta)
    _check(decision, digest(weights), tta, path)
    write_text(path, json.dumps(asdict(decision), indent=2) + "\n")
    return path


def read(weights: Weights, tta: str = "none") -> Decision:
    """The decision that lies beside the weights.

    Raises:
        MammoError: see :func:`load`.
    """
    return load(path_of(weights, tta), digest(weights), tta)


def load(path: Path, sha256: str, tta: str = "none") -> Decision:
    """The decision in a file, which may lie elsewhere than its weights.

    Args:
        path: the file.
        sha256: of the weights it has to be of; of several see :func:`mammo_monai.networks.ensemble.digest`.
        tta: the test-time augmentation that it has to be of.

    Raises:
        MammoError: there is none (``decision-unreadable``), it is damaged (likewise), or it is that of other weights
            (``decision-mismatch``).
    """
    try:
        decision = _parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise MammoError(
            f"{path}: expected the decision that an evaluation writes, found {error or type(error).__name__}; "
            "evaluate the weights on their validation part again",
            reason="decision-unreadable",
        ) from error
    _check(decision, sha256, tta, path)
    return decision


def find(weights: Weights, tta: str = "none") -> Decision | None:
    """The decision that lies beside the weights; None where there is none, or where the weights are no files.

    Raises:
        MammoError: it is damaged, or that of other weights; see :func:`read`.
    """
    files = all(Path(file).expanduser().is_file() for file in members(weights))
    return read(weights, tta) if files and path_of(weights, tta).is_file() else None


def decide(probabilities: FloatArray, decision: Decision) -> Decided:
    """Calibrate (N, C) probabilities, then call a class per row or abstain.

    Raises:
        MammoError: there are not as many probabilities per row as the decision has classes.
    """
    if probabilities.ndim != 2 or probabilities.shape[1] != len(decision.class_names):
        raise MammoError(
            f"decision: expected a probability per class ({', '.join(decision.class_names)}), found an array of "
            f"{probabilities.shape}; use the weights' own decision",
            reason="other-classes",
        )
    scaled = calibrate(probabilities, decision.temperature)
    flat = margins(scaled) < decision.abstain
    called = tuple(
        None if row_is_flat else decision.class_names[index]
        for index, row_is_flat in zip(scaled.argmax(1), flat, strict=True)
    )
    points = {
        point.name: scaled[:, decision.class_names.index(point.class_name)] >= point.threshold
        for point in decision.operating_points
    }
    return Decided(scaled, called, points)


def _points(rows: Scored, points: Sequence[tuple[str, float]]) -> tuple[OperatingPoint, ...]:
    """Of every class that there are rows of, besides rows of others."""
    there = {rows.class_names[index] for index in np.unique(rows.labels)}
    judged = [name for name in rows.class_names if name in there and len(there) > 1]
    return tuple(choose(rows, name, rule, target) for name in judged for rule, target in points)


def _levels(
    rows: Scored, points: Sequence[tuple[str, float]]
) -> tuple[dict[str, tuple[OperatingPoint, ...]], list[str]]:
    """Operating points of calibrated rows pooled, and why there are none; patches are not judged by breast."""
    if set(EDGES) <= rows.columns.keys():
        return {}, []
    try:
        return {level: _points(at_level(rows, level), points) for level in LEVELS}, []
    except MammoError as error:
        return {}, [f"no operating points of breasts and exams: {error}"]


def _parse(content: Any) -> Decision:
    scale = float(content["temperature"])
    if not 0 < scale < math.inf:
        raise ValueError(f"temperature {scale:g}")
    return Decision(
        str(content["sha256"]),
        tuple(map(str, content["class_names"])),
        scale,
        float(content["abstain"]),
        tuple(map(_point, content["operating_points"])),
        int(content["validation_rows"]),
        tuple(map(str, content.get("remarks", ()))),
        str(content.get("tta", "none")),
        {level: tuple(map(_point, points)) for level, points in content.get("levels", {}).items()},
    )


def _point(content: Any) -> OperatingPoint:
    return OperatingPoint(**content)


def _check(decision: Decision, sha256: str, tta: str, path: Path) -> None:
    if (decision.sha256, decision.tta) != (sha256, tta):
        theirs, these = (f"{one[:12]} with tta {of!r}" for one, of in ((decision.sha256, decision.tta), (sha256, tta)))
        raise MammoError(
            f"{path}: was fitted for other weights ({theirs}) than these ({these}); evaluate these on their validation "
            "part again",
            reason="decision-mismatch",
        )


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
