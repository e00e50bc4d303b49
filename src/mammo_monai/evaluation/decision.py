"""What a set of weights decides: ``decision.json`` beside them, fitted on validation and bound to them by SHA-256."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import MARGIN, calibrate, calibrated, margins, temperature
from mammo_monai.evaluation.operating import OperatingPoint, choose
from mammo_monai.evaluation.scored import FloatArray, Scored
from mammo_monai.files import write_text
from mammo_monai.networks.weights import sha256

NAME = "decision.json"
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
    """

    sha256: str
    class_names: tuple[str, ...]
    temperature: float
    abstain: float
    operating_points: tuple[OperatingPoint, ...]
    validation_rows: int


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
    validation: Scored, weights: Path, abstain: float = MARGIN, points: tuple[tuple[str, float], ...] = POINTS
) -> Decision:
    """Temperature and operating points of every class that validation has, with its rest.

    Args:
        validation: predictions of these weights on the validation part.
        weights: the file.
        abstain: margin; :func:`calibration.margin_for` gives that of a share of the validation rows.
        points: rules and targets; ``("cost", 20)`` for a missed case that costs as much as 20 false alarms.
    """
    scale = temperature(validation)
    rows = calibrated(validation, scale)
    there = np.unique(rows.labels)
    classes = [rows.class_names[index] for index in there] if len(there) > 1 else []
    chosen = tuple(choose(rows, name, rule, target) for name in classes for rule, target in points)
    return Decision(sha256(weights), rows.class_names, scale, abstain, chosen, len(rows))


def write(decision: Decision, weights: Path) -> Path:
    """Write ``decision.json`` beside the weights.

    Raises:
        MammoError: the decision is that of other weights, or the folder cannot be written.
    """
    path = weights.parent / NAME
    _check(decision, weights, path)
    write_text(path, json.dumps(asdict(decision), indent=2) + "\n")
    return path


def read(weights: Path) -> Decision:
    """The decision that lies beside the weights.

    Raises:
        MammoError: there is none, it is damaged, or it is that of other weights.
    """
    path = weights.parent / NAME
    try:
        decision = _parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MammoError(
            f"{path}: expected the decision fitted for {weights.name}, found {error or type(error).__name__}; "
            "evaluate the weights on their validation part again",
            reason="decision-unreadable",
        ) from error
    _check(decision, weights, path)
    return decision


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


def _parse(content: Any) -> Decision:
    scale = float(content["temperature"])
    if not 0 < scale < math.inf:
        raise ValueError(f"temperature {scale:g}")
    return Decision(
        str(content["sha256"]),
        tuple(map(str, content["class_names"])),
        scale,
        float(content["abstain"]),
        tuple(OperatingPoint(**point) for point in content["operating_points"]),
        int(content["validation_rows"]),
    )


def _check(decision: Decision, weights: Path, path: Path) -> None:
    if sha256(weights) != decision.sha256:
        raise MammoError(
            f"{path}: was fitted for other weights than {weights.name} (SHA-256 {decision.sha256[:12]}...); "
            "evaluate these on their validation part again",
            reason="decision-mismatch",
        )
