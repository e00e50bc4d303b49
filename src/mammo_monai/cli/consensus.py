"""Merge readers' tables into one label per case, and say how well the readers agree."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

from mammo_monai.cli._table import table
from mammo_monai.cli._words import names

_SHOWN = 10


def consensus(
    readings: Path,
    *,
    out: Path,
    rule: str = "agreement",
    arbiter: str = "",
    labels: str = "",
    readers: str = "",
    json: bool = False,
    **columns: str,
) -> None:
    """Write one label per case of the table READINGS, and print kappas with 95 % intervals and who was overruled.

    The table has one row per case and reader, with a column 'reader', or one row per case with columns such as
    'birads_ANNA'. A case is an image; without a column 'image', a breast (exam, laterality) or an exam. What the rule
    does not decide is left blank, with the reason beside it, and is never a class. The output is read by
    'mammo-monai datalist table'.

    Args:
        readings: the table; delimiter and encoding are found out.
        out: the CSV to write.
        rule: "agreement" (of all readers; else undecided), "arbitration" (where the first readers differ, --arbiter
            decides) or "majority" (more than half; a tie is undecided).
        arbiter: the third reader's name; not counted in the kappas, because arbiters see the other readings.
        labels: what was read, divided by commas; birads, density and pathology if not given.
        readers: columns of a wide table that are named by the reader alone, divided by commas (one label).
        json: print one JSON object for machines.
        columns: the table's own name of a column: --reader, --image, --patient, --exam, --laterality, --view, --split
            or of a label (--birads).
    """
    from mammo_monai.readings.report import consensus as merge
    from mammo_monai.readings.table import read_readings

    found = read_readings(readings, names(labels), names(readers), columns)
    report = merge(found, out, rule, arbiter)
    print(jsonlib.dumps(report, indent=1) if json else _text(report))


def _text(report: dict[str, Any]) -> str:
    lines = [f"{report['cases']} cases, readers {', '.join(report['readers'])}; rule {report['rule']}"]
    lines += [f"{report['repeated']} readings stand there more than once"] if report["repeated"] else []
    lines += [f"columns not kept: {', '.join(report['dropped'])}"] if report["dropped"] else []
    for label, found in report["labels"].items():
        lines += ["", *_label(label, found, report["interval"])]
    return "\n".join([*lines, "", f"consensus of {report['readings']} in {report['out']}"])


def _label(label: str, found: dict[str, Any], interval: str) -> list[str]:
    undecided = found["undecided"]
    lines = [f"{label}: " + ", ".join(f"{count} {by}" for by, count in found["decided"].items())]
    lines += [f"  undecided: {name}" for name in undecided[:_SHOWN]]
    lines += [f"  ... and {len(undecided) - _SHOWN} more, blank in the table"] if len(undecided) > _SHOWN else []
    kappas = [
        (_who(kappa), kappa["cases"], _share(kappa["agreement"]), _number(kappa["value"]), _number(kappa["low"]),
         _number(kappa["high"]))
        for kappa in found["kappas"]
    ]  # fmt: skip
    lines.append(table([(f"{label} kappa, 95 % over {interval}", "cases", "agree", "kappa", "low", "high"), *kappas]))
    readers = [
        (reader, row["read"], row["overruled"], _share(row["overruled"] / row["read"] if row["read"] else None))
        for reader, row in found["overruled"].items()
    ]
    return [*lines, table([(f"{label} reader", "decided cases", "overruled", "share"), *readers])]


def _who(kappa: dict[str, Any]) -> str:
    if kappa["kind"] == "fleiss":
        return f"all, {kappa['readings']} readings each (Fleiss)"
    return " - ".join(kappa["readers"]) + (", quadratic" if kappa["kind"] == "cohen-quadratic" else "")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
