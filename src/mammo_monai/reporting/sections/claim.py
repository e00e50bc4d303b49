"""The checklist CLAIM: what the software knows is filled in, everything else is open."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

from mammo_monai.reporting.blocks import Section, Table, Text
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.facts import facts

ORDER = 120
OPEN = "open"


def section(context: Context, out: Path) -> Section | None:
    """See :class:`mammo_monai.reporting.sections.Section`."""
    content = checklist()
    known = facts(context, out)
    rows = [
        [str(entry["number"]), entry["part"], entry["item"], answer(entry["answer"], known)]
        for entry in content["items"]
    ]
    filled = sum(row[-1] != OPEN for row in rows)
    words = (
        f"{filled} of {len(rows)} items are filled in from what the software knows; the authors answer the others. "
        f"{content['source']}."
    )
    header = ["item", "part", "what", "answer"]
    return Section("CLAIM checklist", [Text(words), Table("claim", "Items", header, rows, content["note"])])


def checklist() -> dict[str, Any]:
    """``claim.json``."""
    return json.loads(files("mammo_monai.reporting").joinpath("claim.json").read_text(encoding="utf-8"))


def answer(template: str, known: dict[str, str]) -> str:
    """The template with its facts, "open" where it is empty or one of them is not known."""
    needed = {name for _, name, _, _ in Formatter().parse(template) if name}
    return template.format_map(known) if template and needed <= known.keys() else OPEN
