"""The cases that are judged: truth, predictions and readings joined, and who lacks what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.scored import IntArray, Scored
from mammo_monai.reader_study.committees import NOTHING
from mammo_monai.reader_study.tables import Truth

MODEL = "model"
"""Its name among the readers."""
RULES = ("common", "own")
"""Which cases count: those that everybody read, or for each reader its own."""


@dataclass(frozen=True)
class Coverage:
    """Which cases a reader, or the model, read.

    Attributes:
        read: cases with a truth that got a class.
        unread: those that got none.
        without_class: of the unread, those whose reading has no class (BI-RADS 6).
        other: readings of cases without a truth.
    """

    read: int
    unread: int
    without_class: int
    other: int


@dataclass(frozen=True)
class Cases:
    """The cases that are judged.

    Attributes:
        names: N names.
        model: N rows, the truth as labels.
        calls: reader -> (N,) classes, NOTHING where there is none.
        coverage: by reader, the model last.
        flow: cases in the truth table, left out by reason, and "judged".
    """

    names: tuple[str, ...]
    model: Scored
    calls: Mapping[str, IntArray]
    coverage: Mapping[str, Coverage]
    flow: Mapping[str, int]


def joined(
    truth: Truth, predicted: Mapping[str, int], model: Scored, said: Mapping[str, Mapping[str, int | None]],
    rule: str = "common", arbiter: str = "",
) -> Cases:  # fmt: skip
    """Bring everything to the order of the truth table and leave out what cannot be judged.

    With "common" a case that any reader left unread counts for nobody, as the Hanoi study left out for all the 32 of
    500 images that the software could not read. An arbiter need not have read every case.

    Args:
        truth: class and patient by case.
        predicted: case -> row of ``model``.
        model: predictions, the truth as labels.
        said: reader -> case -> class, None for a reading that has no class.
        rule: one of :data:`RULES`.
        arbiter: reader who decides where the others differ.

    Raises:
        MammoError: no such rule, a reader who read none of the cases, or no case left.
    """
    if rule not in RULES:
        raise MammoError(f"option --cases: no {rule!r}; choose one of {', '.join(RULES)}", "usage")
    known = [case for case in truth.classes if case in predicted]
    coverage = {reader: _coverage(of, truth) for reader, of in said.items()}
    for reader, of in said.items():
        if reader != arbiter and not of.keys() & known:
            raise MammoError(
                f"reader {reader!r}: read {len(of)} other cases and none of the {len(known)} that have a truth and a "
                "prediction; expected the same names of cases, or leave the reader out",
                "other-cases",
            )
    calls = {
        reader: np.array([NOTHING if (call := of.get(case)) is None else call for case in known], np.int64)
        for reader, of in said.items()
    }
    first = np.array([of for reader, of in calls.items() if reader != arbiter]) != NOTHING
    kept = np.flatnonzero(first.all(0) if rule == "common" else first.any(0))
    if not kept.size:
        raise MammoError(
            f"no case was read by all of {len(first)} readers; judge each reader on its own cases with --cases own",
            "no-case",
        )
    cases = tuple(known[i] for i in kept)
    flow = {
        "truth": truth.rows,
        "without-class": truth.rows - len(truth.classes),
        "without-prediction": len(truth.classes) - len(known),
        "unread": len(known) - len(kept),
        "judged": len(kept),
    }
    coverage[MODEL] = Coverage(len(known), len(truth.classes) - len(known), 0, 0)
    rows = model.take([predicted[case] for case in cases])
    unnamed = rows.columns.get("patient", ("",) * len(rows)).count("")
    rows = replace(rows, notes={"without-patient": unnamed} if unnamed else {})
    return Cases(cases, rows, {reader: of[kept] for reader, of in calls.items()}, coverage, flow)


def _coverage(said: Mapping[str, int | None], truth: Truth) -> Coverage:
    read = sum(said.get(case) is not None for case in truth.classes)
    stated = sum(case in said for case in truth.classes)
    return Coverage(read, len(truth.classes) - read, stated - read, len(said) - stated)
