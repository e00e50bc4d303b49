"""What a decision is asked to be: its operating points, when it abstains, and by what it calls a class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import MARGIN
from mammo_monai.evaluation.operating import check, name_of

ARGMAX: Final = "argmax"
"""Calls the most probable class."""
POINTS: Final = (("youden", 0.0), ("sensitivity", 0.9), ("specificity", 0.9))


@dataclass(frozen=True, slots=True)
class Plan:
    """The ids of these names in a bundle's ``evaluate.json``, as :func:`planned` checks them.

    Attributes:
        operating_points: rules and targets of the points that every class gets; ``("cost", 20)`` for a missed case
            that costs as much as 20 false alarms.
        abstain: margin between the two highest calibrated probabilities below which no class is called; "5%" is the
            margin that leaves this share of the validation rows without a call.
        decide_by: "argmax", which calls the most probable class; or the name of an operating point, "malignant,
            sensitivity 0.9", which calls its class from its threshold on, and below the most probable other class.
    """

    operating_points: tuple[tuple[str, float], ...] = POINTS
    abstain: float | str = MARGIN
    decide_by: str = ARGMAX

    @property
    def share(self) -> float | None:
        """Of the validation rows that get no call, from 0 to 1; None where ``abstain`` is a margin."""
        return float(self.abstain.removesuffix("%")) / 100 if isinstance(self.abstain, str) else None


DEFAULT: Final = Plan()


def planned(
    class_names: Sequence[str], operating_points: Any = POINTS, abstain: Any = MARGIN, decide_by: Any = ARGMAX
) -> Plan:
    """A plan as a config or a command line has it.

    Args:
        class_names: between which is decided.
        operating_points: pairs of a rule and its target.
        abstain: a number from 0 to 1, or a text such as "5%".
        decide_by: a text; a command line that takes "malignant, youden" for two words gives these.

    Raises:
        MammoError: one of them is none, with its name.
    """
    points = _points(operating_points)
    names = [name_of(class_name, *point) for class_name in class_names for point in points]
    if len(set(names)) < len(names):
        raise _refused("operating_points", operating_points, "each rule and target once")
    words = isinstance(decide_by, Iterable) and not isinstance(decide_by, str)
    chosen = ", ".join(map(str, decide_by)) if words else decide_by
    if chosen not in (ARGMAX, *names):
        raise _refused("decide_by", chosen, "; ".join((ARGMAX, *names)))
    return Plan(points, _abstain(abstain), chosen)


def _points(given: Any) -> tuple[tuple[str, float], ...]:
    try:
        points = tuple((str(rule), float(target)) for rule, target in given)
    except (TypeError, ValueError):
        wanted = "a list of rules and targets such as [['sensitivity', 0.9], ['cost', 20]]"
        raise _refused("operating_points", given, wanted) from None
    for point in points:
        check(*point)
    return points


def _abstain(given: Any) -> float | str:
    share = isinstance(given, str) and given.strip().endswith("%")
    try:
        value = float(given.strip().removesuffix("%") if share else given)
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value <= (100 if share else 1):
        raise _refused("abstain", given, "a margin of probability from 0 to 1, or a share of the rows such as '5%'")
    return f"{value:g}%" if share else value


def _refused(name: str, found: object, expected: str) -> MammoError:
    return MammoError(f"{name}: expected {expected}; found {found!r}", "bad-option")
