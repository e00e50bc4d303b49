"""A whole set of phantom exams on disk, in the layout of one of the public data sets."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from mammo_monai.errors import MammoError
from mammo_monai.files import write_text
from mammo_monai.phantom.layouts import Layout, Row, load
from mammo_monai.phantom.plan import PREVALENCE, Exam, plan_exams

GENERATION = 2  # raise it when the same arguments give other files
IDENTITY = "phantom.json"
SMALLEST, LARGEST = 96, 8192  # rows


def write_phantoms(
    out: Path,
    exams: int,
    seed: int,
    *,
    layout: str = "vindr",
    rows: int = 1024,
    cols: int = 832,
    prevalence: Mapping[int, float] = PREVALENCE,
    progress: Callable[[Sequence[Exam]], Iterable[Exam]] = iter,
) -> Path:
    """Write ``exams`` synthetic four-view exams below ``out`` and return ``out``.

    The same arguments give the same bytes, and exam k does not depend on how many follow it. A folder that
    already holds the whole of this very set is left as it is; one where writing was interrupted is written
    again. The tables come last: a set without them is unfinished.

    Args:
        out: new or empty folder, or one with the same set.
        exams: number of exams, at least 1; one in five belongs to the official test split.
        seed: of everything random, at least 0.
        layout: see :mod:`mammo_monai.phantom.layouts`.
        rows: image height in pixels, 96..8192.
        cols: image width in pixels, 0.6 to 1.2 times ``rows``.
        prevalence: weight of each BI-RADS category 1..5 among breasts.
        progress: wraps the exams while they are written.

    Raises:
        MammoError: ``out`` holds something else or cannot be written, or an argument is out of range.
    """
    out, form = Path(out), load(layout)
    if not (SMALLEST <= rows <= LARGEST and 0.6 * rows <= cols <= 1.2 * rows):
        raise MammoError(
            f"{rows} x {cols} pixels: expected {SMALLEST}..{LARGEST} rows, width / height 0.6..1.2",
            "bad-option",
        )
    plan = plan_exams(exams, seed, prevalence)
    shares = {str(category): prevalence[category] for category in sorted(prevalence)}
    identity = {"layout": layout, "exams": exams, "seed": seed, "rows": rows, "cols": cols, "prevalence": shares}
    identity_text = json.dumps({"generation": GENERATION, **identity}, indent=2) + "\n"
    try:
        if not _is_complete(out, form, plan, identity_text):
            _write(out, form, progress(plan), identity_text, rows, cols)
    except OSError as error:
        raise MammoError(
            f"{out}: cannot write the phantom set ({error.strerror}); free space or choose another --out",
            "not-writable",
        ) from error
    return out


def _is_complete(out: Path, layout: Layout, plan: Iterable[Exam], identity: str) -> bool:
    """Whether ``out`` holds the whole set already; a :class:`MammoError` if it holds anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    marker = out / IDENTITY
    if not marker.is_file() or marker.read_text(encoding="utf-8") != identity:
        raise MammoError(
            f"{out}: holds something other than this phantom set; empty it or choose another --out",
            "not-empty",
        )
    expected = [*map(Path, layout.TABLES), *(file for exam in plan for file in layout.files(exam))]
    return all((out / name).is_file() for name in expected)


def _write(out: Path, layout: Layout, plan: Iterable[Exam], identity: str, rows: int, cols: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in layout.TABLES:
        (out / name).unlink(missing_ok=True)
    write_text(out / IDENTITY, identity)
    tables: dict[str, list[Row]] = defaultdict(list)
    for exam in plan:
        for name, lines in layout.write_exam(out, exam, rows, cols).items():
            tables[name] += lines
    for name in layout.TABLES:
        write_text(out / name, layout.table(name, tables[name]))
