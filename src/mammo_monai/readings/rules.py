"""From several readings of a case to one label. What a rule cannot decide stays undecided; nothing is guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mammo_monai.errors import MammoError
from mammo_monai.readings.table import Reading, Readings


@dataclass(frozen=True, slots=True)
class Decision:
    """The label of one case.

    Attributes:
        value: None when undecided.
        by: "agreement", "arbitration" or "majority"; or why there is none: "no-reading", "one-reading", "disagreement",
            "no-majority" (a tie, or no label has more than half of the readings).
    """

    value: str | None
    by: str


Said = Mapping[str, str]
"""reader -> value, of one case and label."""


def agreement(said: Said) -> Decision:
    """The label all readers gave, if there are two or more."""
    if len(said) < 2:
        return Decision(None, "one-reading" if said else "no-reading")
    value, *others = set(said.values())
    return Decision(None, "disagreement") if others else Decision(value, "agreement")


def majority(said: Said) -> Decision:
    """The label that more than half of the readers gave; a tie is undecided."""
    agreed = agreement(said)
    if agreed.by != "disagreement":
        return agreed
    value, votes = Counter(said.values()).most_common(1)[0]
    return Decision(value, "majority") if 2 * votes > len(said) else Decision(None, "no-majority")


def arbitration(said: Said, arbiter: str) -> Decision:
    """What the first readers agree on, else what the arbiter says (double reading of seeds 000 and 001).

    The arbiter does not count as a first reader: where these agree, that reading changes nothing. "disagreement" is
    then a case without the arbiter's reading.
    """
    agreed = agreement({reader: value for reader, value in said.items() if reader != arbiter})
    if agreed.by == "disagreement" and arbiter in said:
        return Decision(said[arbiter], "arbitration")
    return agreed


RULES: Mapping[str, Callable[..., Decision]] = {
    "agreement": agreement,
    "arbitration": arbitration,
    "majority": majority,
}


def decide(readings: Readings, rule: str = "agreement", arbiter: str = "") -> dict[str, list[Decision]]:
    """One decision per label and case, in the order of the cases.

    Args:
        readings: of two or more readers.
        rule: a name of :data:`RULES`.
        arbiter: the third reader of "arbitration".

    Raises:
        MammoError: no such rule, an arbiter missing or too much, or not one of the readers, or without a reading of
            a case that needs it.
    """
    if rule not in RULES:
        raise MammoError(f"option --rule: no rule {rule!r}; choose one of {', '.join(RULES)}", "usage")
    if (rule == "arbitration") != bool(arbiter):
        raise MammoError(
            "option --arbiter: needed by --rule arbitration, which names the third reader, and only there", "usage"
        )
    if arbiter and arbiter not in readings.readers:
        raise MammoError(
            f"{readings.path}: no reader {arbiter!r} to arbitrate; its readers are {', '.join(readings.readers)}",
            reason="missing-reader",
        )
    extra = (arbiter,) if arbiter else ()
    decided = {
        label: [RULES[rule](values(case.readings[label]), *extra) for case in readings.cases]
        for label in readings.labels
    }
    if arbiter:
        _need_arbiter(readings, decided, arbiter)
    return decided


def values(said: Mapping[str, Reading]) -> dict[str, str]:
    """What each reader said, without the rows."""
    return {reader: reading.value for reader, reading in said.items()}


def overruled(readings: Readings, decided: Mapping[str, Sequence[Decision]], label: str) -> dict[str, tuple[int, int]]:
    """How many decided cases each reader read, and in how many of them the consensus is another label."""
    counts = {reader: [0, 0] for reader in readings.readers}
    for case, decision in zip(readings.cases, decided[label], strict=True):
        for reader, reading in case.readings[label].items():
            if decision.value is not None:
                counts[reader][0] += 1
                counts[reader][1] += reading.value != decision.value
    return {reader: (read, other) for reader, (read, other) in counts.items()}


def _need_arbiter(readings: Readings, decided: Mapping[str, Sequence[Decision]], arbiter: str) -> None:
    """Refuse an arbitration with cases that nobody arbitrated."""
    open_cases = [
        (label, case)
        for label, decisions in decided.items()
        for case, decision in zip(readings.cases, decisions, strict=True)
        if decision.by == "disagreement"
    ]
    if open_cases:
        label, case = open_cases[0]
        said = ", ".join(f"{reader} {reading.value}" for reader, reading in case.readings[label].items())
        line = max(reading.row.line for reading in case.readings[label].values())
        raise MammoError(
            f"{readings.path}, line {line}: {case.name} has {label} {said} and no reading of the arbiter {arbiter!r} "
            f"({len(open_cases)} such); have them read, or list them with --rule agreement",
            reason="missing-arbitration",
        )
