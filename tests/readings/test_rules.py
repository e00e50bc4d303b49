from __future__ import annotations

from pathlib import Path

import pytest

from mammo_monai.errors import MammoError
from mammo_monai.readings.rules import Decision, agreement, arbitration, decide, majority, overruled
from mammo_monai.readings.table import Readings, read_readings

# what A, B, C said ("-": nothing) -> agreement, arbitration by C, majority; "?reason" is undecided
CASES = {
    "11-": ("1 agreement", "1 agreement", "1 agreement"),
    "111": ("1 agreement", "1 agreement", "1 agreement"),
    "12-": ("?disagreement", "?disagreement", "?no-majority"),
    "112": ("?disagreement", "1 agreement", "1 majority"),
    "121": ("?disagreement", "1 arbitration", "1 majority"),
    "123": ("?disagreement", "3 arbitration", "?no-majority"),
    "1--": ("?one-reading", "?one-reading", "?one-reading"),
    "1-1": ("1 agreement", "?one-reading", "1 agreement"),
    "--1": ("?one-reading", "?no-reading", "?one-reading"),
    "---": ("?no-reading", "?no-reading", "?no-reading"),
}


def shown(decision: Decision) -> str:
    return f"?{decision.by}" if decision.value is None else f"{decision.value} {decision.by}"


@pytest.mark.parametrize("pattern", CASES)
def test_rules(pattern: str) -> None:
    said = {reader: value for reader, value in zip("ABC", pattern, strict=True) if value != "-"}
    assert (shown(agreement(said)), shown(arbitration(said, "C")), shown(majority(said))) == CASES[pattern]


def test_more_than_half_and_not_the_most() -> None:
    assert majority(dict(zip("ABCD", "1122", strict=True))).by == "no-majority"
    assert majority(dict(zip("ABCD", "1123", strict=True))).by == "no-majority"  # the most, but half only
    assert majority(dict(zip("ABCDE", "11123", strict=True))) == Decision("1", "majority")


def table(tmp_path: Path, *patterns: str) -> Readings:
    rows = [f"{i},{','.join(pattern.replace('-', ' '))}" for i, pattern in enumerate(patterns)]
    file = tmp_path / "readings.csv"
    file.write_text("image,birads_A,birads_B,birads_C\n" + "\n".join(rows) + "\n")
    return read_readings(file)


def test_who_was_overruled(tmp_path: Path) -> None:
    readings = table(tmp_path, "11-", "121", "122", "123", "112", "1--")
    by_arbiter = overruled(readings, decide(readings, "arbitration", "C"), "birads")
    assert by_arbiter == {"A": (5, 2), "B": (5, 2), "C": (4, 1)}  # C's 2 of "112" was not asked for
    by_majority = overruled(readings, decide(readings, "majority"), "birads")
    assert by_majority == {"A": (4, 1), "B": (4, 1), "C": (3, 1)}  # "123" and "1--" are undecided


@pytest.mark.parametrize(
    ("rule", "arbiter", "message"),
    [
        ("vote", "", "no rule 'vote'; choose one of agreement, arbitration, majority"),
        ("arbitration", "", "--arbiter: needed by --rule arbitration"),
        ("majority", "C", "--arbiter: needed by --rule arbitration"),
        ("arbitration", "D", "no reader 'D' to arbitrate; its readers are A, B, C"),
        ("arbitration", "C", r"line 3: 1 has birads A 1, B 2 and no reading of the arbiter 'C' \(2 such\)"),
    ],
)
def test_a_rule_that_cannot_be_followed(tmp_path: Path, rule: str, arbiter: str, message: str) -> None:
    with pytest.raises(MammoError, match=message):
        decide(table(tmp_path, "111", "12-", "13-"), rule, arbiter)
