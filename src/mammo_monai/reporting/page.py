"""The report as one HTML page that needs no other file and runs no script."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.files import write_text
from mammo_monai.notice import NOTICE
from mammo_monai.reporting.blocks import Section


def write_page(path: Path, title: str, sections: Sequence[Section]) -> None:
    """Write the page.

    Args:
        path: the HTML file; pictures lie beside it and are taken into it.
        title: of the page.
        sections: in their order.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["grouped"] = grouped
    environment.filters["embedded"] = lambda file: base64.b64encode((path.parent / file).read_bytes()).decode("ascii")
    environment.tests["estimate"] = lambda cell: isinstance(cell, Estimate)
    template = environment.from_string(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    # A file name need not be valid Unicode.
    text = template.render(title=title, sections=sections, notice=NOTICE)
    write_text(path, text.encode("utf-8", "backslashreplace").decode("utf-8"))


def grouped(cell: object) -> str:
    """Whole numbers with thousands apart, others with three places."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return str(cell)
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:.3f}"
