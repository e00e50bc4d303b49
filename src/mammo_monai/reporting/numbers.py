"""What the page prints, for programs: ``report.json`` and ``figures.csv``."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mammo_monai import __version__
from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.files import replacing, write_text
from mammo_monai.notice import NOTICE
from mammo_monai.reporting.blocks import Block, Facts, Picture, Section, Table
from mammo_monai.reporting.context import Context

COLUMNS = ("section", "table", "row", "column", "value", "low", "high", "n", "method", "reason")


def write_json(path: Path, context: Context, sections: Sequence[Section]) -> None:
    """Write ``report.json``: the figures as ``metrics.json`` holds them, and every section's facts and tables."""
    content = {
        "notice": NOTICE,
        "mammo_monai": __version__,
        "name": context.name,
        "bundle": str(context.card.get("bundle", "")),
        "context": dict(context.described),
        "datalist": str((context.datalist or {}).get("name", "")),
        "metrics": dict(context.metrics),
        "sections": [
            {"name": one.name, "title": one.title, "blocks": [_content(block) for block in one.blocks]}
            for one in sections
        ],
    }
    write_text(path, json.dumps(content, indent=2) + "\n")


def write_csv(path: Path, sections: Sequence[Section]) -> None:
    """Write ``figures.csv``: one line for each figure of each table, in full precision."""
    with (
        replacing(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(line for section in sections for line in _lines(section))


def _content(block: Block) -> dict[str, Any]:
    if isinstance(block, Table):
        rows = [[cell.content() if isinstance(cell, Estimate) else cell for cell in row] for row in block.rows]
        return {"kind": block.kind, "name": block.name, "title": block.title, "header": list(block.header),
                "rows": rows, "note": block.note}  # fmt: skip
    if isinstance(block, Facts):
        return {"kind": block.kind, "rows": dict(block.rows)}
    return asdict(block)


def _lines(section: Section) -> Iterator[dict[str, Any]]:
    for block in section.blocks:
        if isinstance(block, Table):
            for row in block.rows:
                for column, cell in zip(block.header, row, strict=True):
                    if isinstance(cell, Estimate):
                        where = {"section": section.name, "table": block.name, "row": row[0], "column": column}
                        yield {**where, **cell.content()}


def pictures(sections: Sequence[Section]) -> list[str]:
    """Files of the pictures."""
    return [block.file for section in sections for block in section.blocks if isinstance(block, Picture)]
