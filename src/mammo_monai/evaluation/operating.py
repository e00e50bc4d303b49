"""Operating points: from which probability on a class is called, chosen on validation and applied to test.

One class against the rest. The rules: at least a sensitivity, at least a specificity, the largest Youden index
(Cancer 3 (1950) 32), or the least cost at the prevalence of the validation rows (Metz, Semin Nucl Med 8 (1978) 283).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from sklearn.metrics import roc_curve

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.metrics import estimates
from mammo_monai.evaluation.scored import FloatArray, IntArray, Scored, one_against_rest

NEVER = float(np.nextafter(1, 2))
"""A threshold that no probability reaches."""
MOST = 1e6
"""False alarms that a missed case may cost."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A class is called where its probability is at least ``threshold``.

    Attributes:
        class_name: the class.
        rule: one of :data:`RULES`.
        target: the sensitivity or specificity asked for; for "cost" that of a missed case, in false alarms; for
            "youden" 0.
        threshold: of the class's probability.
        sensitivity: reached in validation, so too good an estimate of itself.
        specificity: likewise.
    """

    class_name: str
    rule: str
    target: float
    threshold: float
    sensitivity: float
    specificity: float

    @property
    def name(self) -> str:
        """See :func:`name_of`."""
        return name_of(self.class_name, self.rule, self.target)


def name_of(class_name: str, rule: str, target: float) -> str:
    """The name of an operating point, as printed and as people ask for it: ``malignant, sensitivity 0.9``."""
    return f"{class_name}, {rule}" + (f" {target:g}" if target else "")


def check(rule: str, target: float) -> None:
    """Refuse what is no rule, or no target of it.

    Raises:
        MammoError: with the one line to print.
    """
    if rule not in RULES or not 0 <= target <= (MOST if rule == "cost" else 1):
        raise MammoError(
            f"operating_points: {rule!r} {target:g}: expected one of {', '.join(RULES)}, with a target from 0 to 1, "
            "or the cost of a missed case in false alarms",
            reason="bad-option",
        )


def choose(validation: Scored, class_name: str, rule: str, target: float = 0.0) -> OperatingPoint:
    """The threshold that a rule gives; of equally good ones the highest.

    It lies halfway from the score that sets it to the next lower one (to 0 below the lowest): at the score itself the
    last digit of another machine or engine would decide about that very row.

    Args:
        validation: rows that are not those the point is judged on.
        class_name: the class called.
        rule: "sensitivity", "specificity", "youden" or "cost".
        target: see :class:`OperatingPoint`.

    Raises:
        MammoError: no such class or rule, a target that is none, or the class or its rest is absent.
    """
    rest = one_against_rest(validation, class_name)
    if len(np.unique(rest.labels)) < 2:
        raise MammoError(
            f"operating point of {class_name}: expected rows of it and rows of other classes in validation; "
            "validate on more images",
            reason="undefined",
        )
    check(rule, target)
    false, true, thresholds = roc_curve(rest.labels, rest.probabilities[:, 1], drop_intermediate=False)
    best = int(_WORTH[rule](true, 1 - false, target, rest.labels.mean()).argmax())
    lower = float(thresholds[best + 1]) if best + 1 < len(thresholds) else 0.0
    threshold = (float(thresholds[best]) + lower) / 2 if best else NEVER
    return OperatingPoint(class_name, rule, float(target), threshold, float(true[best]), float(1 - false[best]))


def judge(point: OperatingPoint, test: Scored) -> dict[str, Estimate]:
    """``sensitivity``, ``specificity`` and ``precision`` of an operating point with their intervals.

    Args:
        point: chosen on other rows.
        test: with the class of the point.
    """
    rest = one_against_rest(test, point.class_name)
    called = np.eye(2)[(rest.probabilities[:, 1] >= point.threshold).astype(int)]
    names = {figure: f"{figure}_{point.class_name}" for figure in ("sensitivity", "specificity", "precision")}
    found = estimates(replace(rest, probabilities=called), list(names.values()))
    return {figure: found[name] for figure, name in names.items()}


def called_from(probabilities: FloatArray, index: int, threshold: float) -> IntArray:
    """(N,) class indices of (N, C) probabilities: ``index`` from the threshold on, else the most probable other."""
    others = probabilities.copy()
    others[:, index] = -1
    return np.where(probabilities[:, index] >= threshold, index, others.argmax(1))


def _sensitivity(true: FloatArray, specific: FloatArray, target: float, prevalence: float) -> FloatArray:
    return np.where(true >= target - _ROUNDING, specific, -1)


def _specificity(true: FloatArray, specific: FloatArray, target: float, prevalence: float) -> FloatArray:
    return np.where(specific >= target - _ROUNDING, true, -1)


def _youden(true: FloatArray, specific: FloatArray, target: float, prevalence: float) -> FloatArray:
    return true + specific - 1


def _cost(true: FloatArray, specific: FloatArray, target: float, prevalence: float) -> FloatArray:
    return -(prevalence * target * (1 - true) + (1 - prevalence) * (1 - specific))


_ROUNDING = 1e-9
_WORTH: Mapping[str, Callable[[FloatArray, FloatArray, float, float], FloatArray]] = {
    "sensitivity": _sensitivity,
    "specificity": _specificity,
    "youden": _youden,
    "cost": _cost,
}
"""What a rule maximises, of (T,) sensitivities and specificities by falling threshold, target and prevalence."""
RULES = tuple(_WORTH)
