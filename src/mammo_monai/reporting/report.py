"""A report: every section of :mod:`.sections`, written as page, JSON, CSV and pictures."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from mammo_monai.evaluation import plots
from mammo_monai.files import folder, replacing, write_text
from mammo_monai.notice import NOTICE
from mammo_monai.reporting import sections
from mammo_monai.reporting.context import Context
from mammo_monai.reporting.numbers import pictures, write_csv, write_json
from mammo_monai.reporting.page import write_page
from mammo_monai.reporting.sources import Source

PAGE, NUMBERS, FIGURES = "report.html", "report.json", "figures.csv"


def write(out: Path, context: Context, source: Source, drawn: bool = False) -> list[Path]:
    """Write the report of an evaluation, with ``metrics.json``, the history and the pictures of the evaluation.

    Args:
        out: folder; that of the evaluation itself may be one.
        context: what is known of it.
        source: where it lies.
        drawn: whether an evaluation has just left its figures and pictures in ``out``.

    Returns:
        page, JSON, CSV and pictures.

    Raises:
        MammoError: reason ``not-writable``.
    """
    folder(out)
    if not drawn:
        _write_evaluation(out, context, source)
    made = [
        replace(section, name=name)
        for name, module in sections.modules().items()
        if (section := module.section(context, out)) is not None
    ]
    write_page(out / PAGE, f"Evaluation of {context.name}", made)
    write_json(out / NUMBERS, context, made)
    write_csv(out / FIGURES, made)
    return [out / name for name in (PAGE, NUMBERS, FIGURES, *pictures(made))]


def _write_evaluation(out: Path, context: Context, source: Source) -> None:
    content = {**context.metrics, "context": dict(context.described), "notice": NOTICE}
    write_text(out / "metrics.json", json.dumps(content, indent=2) + "\n")
    history = source.file("history.csv")
    if history:
        with replacing(out / "history.csv") as temporary:
            shutil.copyfile(history, temporary)
    elif (out / "history.csv").is_file():
        (out / "history.csv").unlink()
    plots.draw_all(out, context.scored)
