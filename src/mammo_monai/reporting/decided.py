"""What a decision calls, judged: how often it calls nothing, and how often the rest is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mammo_monai.evaluation.decisions.calling import ABSTAIN, UNDECIDED, Decided
from mammo_monai.evaluation.estimate import of_interval
from mammo_monai.evaluation.intervals import proportion
from mammo_monai.evaluation.metrics import estimates
from mammo_monai.evaluation.scored import Scored
from mammo_monai.reporting.blocks import Cell


def header(class_names: Sequence[str]) -> list[str]:
    """Titles of the rows of :func:`judged`."""
    return ["level", "units", "without a call", "accuracy", *(f"sensitivity {name}" for name in class_names)]


def judged(level: str, units: Scored, decided: Decided) -> list[Cell]:
    """A row of a table.

    Args:
        level: its name.
        units: with their truth.
        decided: about each of them.
    """
    called = np.array(decided.called)
    if UNDECIDED in decided.called:
        return [level, len(units), "all: nothing decides", *["-"] * (1 + len(units.class_names))]
    open_ = called == ABSTAIN
    interval = proportion.over_patients(open_, units.patients)
    share = of_interval(float(open_.mean()), interval, len(units), "a unit")
    rest = units.take(~open_)
    if not len(rest):
        return [level, len(units), share, *["-"] * (1 + len(units.class_names))]
    certain = (called[~open_, None] == np.array(units.class_names)).astype(np.float64)
    names = ["accuracy", *(f"sensitivity_{name}" for name in units.class_names)]
    return [level, len(units), share, *estimates(replace(rest, probabilities=certain), names).values()]
