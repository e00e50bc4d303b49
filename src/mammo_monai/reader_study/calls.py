"""Which class the model calls: the most probable one, or by an operating point."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.operating import called_from
from mammo_monai.evaluation.scored import IntArray, Scored

Threshold = tuple[str, float]
"""A class and the probability from which it is called."""


def decision_of(weights: Path, class_names: Sequence[str]) -> Decision:
    """The decision beside weights, fitted on validation.

    Args:
        weights: the file beside which ``decision.json`` lies.
        class_names: of the predictions, in their order.

    Raises:
        MammoError: there is no such decision, or it has other classes.
    """
    found = storage.read(weights)
    if found.class_names != tuple(class_names):
        raise MammoError(
            f"{weights}: the decision has the classes {', '.join(found.class_names)}, the predictions "
            f"{', '.join(class_names)}; name the weights that predicted",
            "other-classes",
        )
    return found


def threshold_of(decision: Decision, point: str, level: str) -> Threshold:
    """The threshold of an operating point of a level.

    Args:
        decision: of the weights.
        point: name of the operating point, "045, sensitivity 0.9".
        level: to which calibrated probabilities are pooled; "" for images.

    Raises:
        MammoError: the decision has no such point there.
    """
    points = {each.name: each for each in decision.at(level or "image").operating_points}
    if point not in points:
        whose = f"{level}s" if level else "images"
        raise MammoError(
            f"option --point: no {point!r}; the decision has {'; '.join(points) or 'none'} of {whose}", "usage"
        )
    return points[point].class_name, points[point].threshold


def called(model: Scored, threshold: Threshold | None) -> IntArray:
    """(N,) classes: that of the threshold where it is reached, else the most probable other.

    Raises:
        MammoError: the model has no such class.
    """
    if threshold is None:
        return model.called
    name, lowest = threshold
    if name not in model.class_names:
        raise MammoError(f"option --threshold: no class {name!r}; there are {', '.join(model.class_names)}", "usage")
    return called_from(model.probabilities, model.class_names.index(name), lowest)
