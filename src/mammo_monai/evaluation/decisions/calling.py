"""From probabilities to calls: calibrate, pool, abstain, name a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import calibrate, margins
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.decisions.plan import ARGMAX
from mammo_monai.evaluation.levels import at_level
from mammo_monai.evaluation.operating import called_from
from mammo_monai.evaluation.scored import FloatArray, Scored

ABSTAIN: Final = "abstain"
"""Stands for a class where none is called."""
UNDECIDED: Final = ""
"""Stands for a class where nothing decides: no decision, or none of this level."""


@dataclass(frozen=True, slots=True)
class Decided:
    """N rows as decided.

    Attributes:
        probabilities: (N, C), calibrated.
        called: N class names, :data:`ABSTAIN` or :data:`UNDECIDED`.
        points: per operating point's name (N,) whether its class is called.
    """

    probabilities: FloatArray
    called: tuple[str, ...]
    points: Mapping[str, npt.NDArray[np.bool_]]


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
    points = {
        point.name: scaled[:, decision.class_names.index(point.class_name)] >= point.threshold
        for point in decision.operating_points
    }
    return Decided(scaled, _called(scaled, decision), points)


def decide_level(
    calibrated: Scored, level: str, decision: Decision, order: Sequence[str] = ()
) -> tuple[Scored, Decided]:
    """Pool calibrated rows to a level, then decide about its units: the one way, for inference and for reports.

    Args:
        calibrated: N rows of images or patches, calibrated by the decision's temperature.
        level: "image" for the rows as they are, "breast" or "exam".
        decision: of the weights.
        order: of suspicion, see :func:`~mammo_monai.evaluation.levels.at_level`.

    Returns:
        the units of the level and what is decided about them.

    Raises:
        MammoError: as :func:`~mammo_monai.evaluation.levels.at_level`.
    """
    units = calibrated if level == "image" else at_level(calibrated, level, order=order)
    decided = decide(units.probabilities, decision.at(level))
    return replace(units, probabilities=decided.probabilities), decided


def _called(calibrated: FloatArray, decision: Decision) -> tuple[str, ...]:
    if decision.point:
        chosen = called_from(
            calibrated, decision.class_names.index(decision.point.class_name), decision.point.threshold
        )
    elif decision.plan.decide_by == ARGMAX:
        chosen = calibrated.argmax(1)
    else:
        return (UNDECIDED,) * len(calibrated)
    flat = margins(calibrated) < decision.abstain
    return tuple(
        ABSTAIN if row_is_flat else decision.class_names[index] for index, row_is_flat in zip(chosen, flat, strict=True)
    )
