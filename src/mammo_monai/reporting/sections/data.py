"""What was read, left out, divided, evaluated: the flow of the images, and the rules by which it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mammo_monai.datasets.records import SECTIONS
from mammo_monai.evaluation.plots import save
from mammo_monai.reporting import flow
from mammo_monai.reporting.blocks import Block, Facts, Picture, Section, Table, Text
from mammo_monai.reporting.context import Context

ORDER = 10
FLOW = "flow.png"
FACTS = {
    "name": "Data set",
    "label_map": "Labels",
    "label_note": "Their meaning",
    "level": "Level",
    "split": "Split",
    "ratios": "Ratios",
    "fold": "Fold",
    "seed": "Seed",
    "patches": "Patches",
    "digest": "Digest",
}


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    listed = context.datalist
    save(flow.draw(context), out / FLOW)
    blocks: list[Block] = [Picture(FLOW, "Flow of the images, with counts at each step.")]
    if listed is None:
        return Section("Data", blocks)
    facts = {title: in_words(listed[key]) for key, title in FACTS.items() if listed.get(key) not in (None, "", [])}
    facts["Checked against leaks"] = ", ".join(listed.get("guard", {}).get("checked", [])) or "nothing"
    blocks.append(Facts(facts))
    unknown = sum(item is None for item in context.items)
    if unknown:
        words = f"{unknown:,} of {len(context.items):,} rows are not in the datalist ({context.section or 'all of it'})"
        blocks.append(Text(f"{words}; subgroups that it decides leave them out.", warning=True))
    blocks.append(_sections(listed))
    counted = {
        "left_out": ("Left out, by reason", flow.left_out(listed)),
        "notes": ("Corrected, by code", listed.get("notes")),
    }
    for name, (title, counts) in counted.items():
        if counts:
            blocks.append(Table(name, title, ["reason", "count"], [[reason, n] for reason, n in counts.items()]))
    return Section("Data and split", blocks)


def _sections(listed: Mapping[str, Any]) -> Table:
    """Patients and items of each class in each section."""
    rows: list[Sequence[str | int]] = [["patients", *(_patients(listed[section]) for section in SECTIONS)]]
    rows += [[name, *(listed["counts"][section][name] for section in SECTIONS)] for name in listed["classes"]]
    rows.append(["all", *(len(listed[section]) for section in SECTIONS)])
    return Table("sections", "Sections", ["", *SECTIONS], rows, "No patient stands in two sections.")


def _patients(items: Sequence[Mapping[str, Any]]) -> int:
    return len({(item["dataset"], item["patient"] or item["image"]) for item in items})


def in_words(value: object) -> str:
    """A setting in words: "policies: tile (size 256, around 4); normal_share: 0.5"."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_within(part)}" for key, part in value.items() if part not in ({}, []))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _within(value: object) -> str:
    if not isinstance(value, Mapping):
        return in_words(value)
    return ", ".join(f"{key} ({_within(part)})" if isinstance(part, Mapping) else f"{key} {in_words(part)}"
                     for key, part in value.items())  # fmt: skip
