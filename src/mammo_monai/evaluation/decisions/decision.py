"""What a set of weights decides, as ``decision.json`` holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from mammo_monai.evaluation.decisions.plan import ARGMAX, Plan
from mammo_monai.evaluation.operating import OperatingPoint

LEVELS: Final = ("breast", "exam")
"""Levels above the image that are decided about."""


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
        plan: what was asked for.
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
    plan: Plan = field(default_factory=Plan)

    @property
    def point(self) -> OperatingPoint | None:
        """The operating point that calls; None where the most probable class is called, or where it is not fitted."""
        return next((point for point in self.operating_points if point.name == self.plan.decide_by), None)

    @property
    def calls(self) -> str:
        """What is called, in words."""
        if self.plan.decide_by == ARGMAX:
            return "the most probable class"
        if self.point is None:
            return f"nothing, for want of the operating point {self.plan.decide_by!r}"
        return (
            f"{self.point.class_name} where its probability is {self.point.threshold:.4g} or more ({self.point.name}), "
            "else the most probable other class"
        )

    def at(self, level: str) -> Decision:
        """What decides about probabilities of a level, calibrated already: its temperature is 1.

        Rows are calibrated before they are pooled; a breast or an exam that was calibrated once more would be another.

        Args:
            level: "image", "breast" or "exam"; others have no operating points.
        """
        points = self.operating_points if level == "image" else tuple(self.levels.get(level, ()))
        return replace(self, temperature=1.0, operating_points=points)

    def __str__(self) -> str:
        fitted = (
            f"calls {self.calls}, temperature {self.temperature:.3g}, abstains below a margin of {self.abstain:.3g}, "
            f"{len(self.operating_points)} operating points, chosen on {self.validation_rows} validation rows"
        )
        return "; ".join([fitted, *self.remarks])
