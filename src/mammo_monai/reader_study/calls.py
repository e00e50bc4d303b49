"""Which class the model calls: the most probable one, or by an operating point."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import decision
from mammo_monai.evaluation.calibration import calibrated
from mammo_monai.evaluation.scored import IntArray, Scored

Threshold = tuple[str, float]
"""A class and the probability from which it is called."""


def decided(model: Scored, weights: Path, point: str) -> tuple[Scored, Threshold]:
    """Calibrated probabilities and the threshold of an operating point, both fitted on validation.

    Args:
        model: predictions of these weights.
        weights: the file beside which ``decision.json`` lies.
        point: name of the operating point, "045, sensitivity 0.9".

    Raises:
        MammoError: there is no such decision or point, or it has other classes.
    """
    made = decision.read(weights)
    if made.class_names != model.class_names:
        raise MammoError(
            f"{weights}: the decision has the classes {', '.join(made.class_names)}, the predictions "
            f"{', '.join(model.class_names)}; name the weights that predicted",
            "other-classes",
        )
    points = {each.name: each for each in made.operating_points}
    if point not in points:
        raise MammoError(f"option --point: no {point!r}; the decision has {'; '.join(points) or 'none'}", "usage")
    return calibrated(model, made.temperature), (points[point].class_name, points[point].threshold)


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
    index = model.class_names.index(name)
    others = model.probabilities.copy()
    others[:, index] = -1
    return np.where(model.probabilities[:, index] >= lowest, index, others.argmax(1))
