"""The consensus of a readers' table: its CSV, and what there is to say about how it came about."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mammo_monai.files import write_text
from mammo_monai.readings.kappa import clustered, kappas
from mammo_monai.readings.rules import Decision, decide, overruled
from mammo_monai.readings.table import Readings


def consensus(readings: Readings, out: Path, rule: str = "agreement", arbiter: str = "") -> dict[str, Any]:
    """Decide every case, write ``out`` and return the report, ready for JSON.

    Returns:
        ``readers``, ``cases``, ``repeated``, ``dropped`` (see :class:`Readings`), ``rule``, ``arbiter``, ``interval``
        (what the bootstrap draws) and, per label: ``decided`` (cases per reason, see :class:`Decision`),
        ``undecided`` (their names), ``kappas`` and ``overruled`` (per reader: decided cases "read", and in how many
        of them "overruled").

    Raises:
        MammoError: see :func:`decide`, or ``out`` cannot be written.
    """
    decided = decide(readings, rule, arbiter)
    write_text(out, _csv(readings, decided))
    return {
        "readings": str(readings.path),
        "out": str(out),
        "rule": rule,
        "arbiter": arbiter,
        "readers": list(readings.readers),
        "cases": len(readings.cases),
        "repeated": readings.repeated,
        "dropped": list(readings.dropped),
        "interval": "patients" if clustered(readings) else "cases",
        "labels": {label: _label(readings, decided, label, arbiter) for label in readings.labels},
    }


def _label(readings: Readings, decided: Mapping[str, Sequence[Decision]], label: str, arbiter: str) -> dict[str, Any]:
    cases = list(zip(readings.cases, decided[label], strict=True))
    return {
        "decided": dict(Counter(decision.by for _, decision in cases).most_common()),
        "undecided": [case.name for case, decision in cases if decision.value is None],
        "kappas": [asdict(kappa) for kappa in kappas(readings, label, arbiter)],
        "overruled": {
            reader: {"read": read, "overruled": other}
            for reader, (read, other) in overruled(readings, decided, label).items()
        },
    }


def _csv(readings: Readings, decided: Mapping[str, Sequence[Decision]]) -> str:
    """One row per case: identity, and per label the decision, how it came about and what each reader said.

    The readings stand in the wide form, so that the table can be read again once an arbiter's column is filled in.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = [
        name
        for label in readings.labels
        for name in (label, f"decided_{label}", *(f"{label}_{reader}" for reader in readings.readers))
    ]
    writer.writerow([*readings.identity, *columns])
    for i, case in enumerate(readings.cases):
        cells: list[str] = [case.identity.get(name, "") for name in readings.identity]
        for label in readings.labels:
            decision, said = decided[label][i], case.readings[label]
            cells += [decision.value or "", decision.by]
            cells += [said[reader].value if reader in said else "" for reader in readings.readers]
        writer.writerow(cells)
    return text.getvalue()
