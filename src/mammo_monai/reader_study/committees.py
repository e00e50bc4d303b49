"""What several readers say together. The rules are those of the consensus of readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from mammo_monai.evaluation.scored import IntArray
from mammo_monai.readings.rules import RULES, Decision

NOTHING = -1
"""In place of the class of a case that was not read, or not decided."""


@dataclass(frozen=True)
class Committee:
    """Readers who decide together.

    Attributes:
        name: how they decide, and how many they are.
        members: who they are.
        calls: (N,) classes, :data:`NOTHING` where undecided.
        decided: cases by how they were decided, or why not (:class:`~mammo_monai.readings.rules.Decision`).
    """

    name: str
    members: tuple[str, ...]
    calls: IntArray
    decided: Mapping[str, int]


def committees(calls: Mapping[str, IntArray], arbiter: str = "") -> list[Committee]:
    """Consensus, majority (of three or more) and, with an arbiter, arbitration; [] of fewer than two readers.

    Classes are compared, not categories: BI-RADS 4 and 5 agree where both are 045.

    Args:
        calls: reader -> (N,) classes, the arbiter's among them.
        arbiter: who decides where the others differ, and has no voice otherwise.
    """
    first = {reader: said for reader, said in calls.items() if reader != arbiter}
    if len(first) < 2:
        return []
    of = f"of {len(first)}"
    found = [_committee(f"consensus {of}", first, RULES["agreement"])]
    if len(first) > 2:
        found.append(_committee(f"majority {of}", first, RULES["majority"]))
    if arbiter:
        rule = partial(RULES["arbitration"], arbiter=arbiter)
        found.append(_committee(f"arbitration {of} by {arbiter}", calls, rule))
    return found


def _committee(name: str, calls: Mapping[str, IntArray], rule: Callable[..., Decision]) -> Committee:
    cases = zip(*calls.values(), strict=True)
    decisions = [
        rule({reader: str(said) for reader, said in zip(calls, case, strict=True) if said != NOTHING}) for case in cases
    ]
    decided = [NOTHING if decision.value is None else int(decision.value) for decision in decisions]
    return Committee(
        name, tuple(calls), np.array(decided, np.int64), dict(Counter(decision.by for decision in decisions))
    )
