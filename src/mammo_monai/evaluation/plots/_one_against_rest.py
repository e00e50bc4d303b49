"""One class against all others: what ROC, precision-recall, calibration and histograms are drawn of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mammo_monai.evaluation.plots._style import COLOURS, LINES, drawn_name
from mammo_monai.evaluation.scored import Scored


@dataclass(frozen=True)
class OneAgainstRest:
    """One class.

    Attributes:
        index: of the class.
        key: its name, as figures are named.
        rest: what it is told from: the other class's name, or "all others".
        truth: (N,) whether a row is of the class.
        score: (N,) probability of the class.
        style: colour and line of the class in every picture.
    """

    index: int
    key: str
    rest: str
    truth: npt.NDArray[np.bool_]
    score: npt.NDArray[np.float64]
    style: dict[str, Any]

    @property
    def name(self) -> str:
        """The name as it is drawn."""
        return drawn_name(self.key)

    @property
    def undefined(self) -> str:
        """Why nothing can be said of the class; "" where something can."""
        if not self.truth.any():
            return "undefined: no case"
        return "undefined: no case of another class" if self.truth.all() else ""

    @property
    def title(self) -> str:
        """Name and number of cases."""
        return f"{self.name} (n = {self.truth.sum():,})"


def classes(scored: Scored) -> list[OneAgainstRest]:
    """Every class."""
    names = scored.class_names
    return [
        OneAgainstRest(
            i,
            name,
            drawn_name(names[1 - i]) if len(names) == 2 else "all others",
            scored.labels == i,
            scored.probabilities[:, i],
            {"color": COLOURS[i % len(COLOURS)], "linestyle": LINES[i % len(LINES)]},
        )
        for i, name in enumerate(names)
    ]


def distinct(scored: Scored) -> list[OneAgainstRest]:
    """Every class, but of two classes the second alone: what is drawn of the first is the mirror image."""
    return classes(scored)[1 if len(scored.class_names) == 2 else 0 :]
