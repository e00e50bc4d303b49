"""Phantom exams in the folder and CSV layout of VinDr-Mammo.

Source of the layout: Nguyen et al., "VinDr-Mammo", Scientific Data 10:277 (2023), section Data Records.
As there, a study stands for a patient. Unlike there, findings of BI-RADS 2 have boxes: a phantom's truth is
complete.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from mammo_monai.errors import MammoError
from mammo_monai.files import write_text
from mammo_monai.phantom.dicom_writer import encoding, identifier, write_dicom
from mammo_monai.phantom.film import Film, expose
from mammo_monai.phantom.plan import LATERALITIES, PREVALENCE, VIEWS, Exam, plan_exams

GENERATION = 1  # raise it when the same arguments give other files
IDENTITY = "phantom.json"
FINDINGS, BREASTS = "finding_annotations.csv", "breast-level_annotations.csv"
SMALLEST, LARGEST = 96, 8192  # rows
_IMAGE = ("laterality", "view_position", "height", "width", "breast_birads", "breast_density")
_FINDING = ("finding_categories", "finding_birads", "xmin", "ymin", "xmax", "ymax")
BREAST_COLUMNS = ("study_id", "series_id", "image_id", *_IMAGE, "split")
FINDING_COLUMNS = ("image_id", "study_id", "series_id", *_IMAGE, *_FINDING, "split")
Row = dict[str, object]


def write_phantoms(
    out: Path,
    exams: int,
    seed: int,
    *,
    rows: int = 1024,
    cols: int = 832,
    prevalence: Mapping[int, float] = PREVALENCE,
    progress: Callable[[Sequence[Exam]], Iterable[Exam]] = iter,
) -> Path:
    """Write ``exams`` synthetic four-view exams below ``out`` and return ``out``.

    The same arguments give the same bytes, and exam k does not depend on how many follow it. A folder that
    already holds the whole of this very set is left as it is; one where writing was interrupted is written
    again. The CSV files come last: a set without them is unfinished.

    Args:
        out: new or empty folder, or one with the same set.
        exams: number of exams, at least 1; one in five belongs to the official test split.
        seed: of everything random, at least 0.
        rows: image height in pixels, 96..8192.
        cols: image width in pixels, 0.6 to 1.2 times ``rows``.
        prevalence: weight of each BI-RADS category 1..5 among breasts.
        progress: wraps the exams while they are written.

    Raises:
        MammoError: ``out`` holds something else or cannot be written, or an argument is out of range.
    """
    out = Path(out)
    if not (SMALLEST <= rows <= LARGEST and 0.6 * rows <= cols <= 1.2 * rows):
        raise MammoError(
            f"{rows} x {cols} pixels: expected {SMALLEST}..{LARGEST} rows, width / height 0.6..1.2",
            "bad-option",
        )
    plan = plan_exams(exams, seed, prevalence)
    shares = {str(category): prevalence[category] for category in sorted(prevalence)}
    identity = {"exams": exams, "seed": seed, "rows": rows, "cols": cols, "prevalence": shares}
    identity_text = json.dumps({"generation": GENERATION, **identity}, indent=2) + "\n"
    try:
        if not _is_complete(out, plan, identity_text):
            _write(out, progress(plan), identity_text, rows, cols)
    except OSError as error:
        raise MammoError(
            f"{out}: cannot write the phantom set ({error.strerror}); free space or choose another --out",
            "not-writable",
        ) from error
    return out


def image_path(exam: Exam, laterality: str, view: str) -> Path:
    """Where VinDr-Mammo keeps this image, relative to the data set's root."""
    return Path("images") / identifier(exam).hex / f"{identifier(exam, laterality, view).hex}.dicom"


def _is_complete(out: Path, plan: Iterable[Exam], identity: str) -> bool:
    """Whether ``out`` holds the whole set already; a :class:`MammoError` if it holds anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    marker = out / IDENTITY
    if not marker.is_file() or marker.read_text(encoding="utf-8") != identity:
        raise MammoError(
            f"{out}: holds something other than this phantom set; empty it or choose another --out",
            "not-empty",
        )
    images = [image_path(exam, side, view) for exam in plan for side in LATERALITIES for view in VIEWS]
    return all((out / name).is_file() for name in [Path(FINDINGS), Path(BREASTS), *images])


def _write(out: Path, plan: Iterable[Exam], identity: str, rows: int, cols: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in (BREASTS, FINDINGS):
        (out / name).unlink(missing_ok=True)
    write_text(out / IDENTITY, identity)
    breasts: list[Row] = []
    findings: list[Row] = []
    for exam in plan:
        for side in LATERALITIES:
            for view in VIEWS:
                path = out / image_path(exam, side, view)
                path.parent.mkdir(parents=True, exist_ok=True)
                film = expose(exam, side, view, rows, cols)
                write_dicom(path, exam, side, view, film.brightness, encoding(exam, side, view))
                breasts.append(_breast_row(exam, side, view, rows, cols))
                findings += [{**breasts[-1], **marked} for marked in _finding_rows(film)]
    write_text(out / FINDINGS, _csv(FINDING_COLUMNS, findings))
    write_text(out / BREASTS, _csv(BREAST_COLUMNS, breasts))


def _breast_row(exam: Exam, laterality: str, view: str, rows: int, cols: int) -> Row:
    return {
        "study_id": identifier(exam).hex,
        "series_id": identifier(exam, "series").hex,
        "image_id": identifier(exam, laterality, view).hex,
        "laterality": laterality,
        "view_position": view,
        "height": rows,
        "width": cols,
        "breast_birads": f"BI-RADS {exam.birads[laterality]}",
        "breast_density": f"DENSITY {exam.density}",
        "split": exam.split,
    }


def _finding_rows(film: Film) -> list[Row]:
    """One row per box; one row "['No Finding']" without a box for an image that shows none."""
    if not film.findings:
        return [{"finding_categories": str(["No Finding"])}]
    return [
        {
            "finding_categories": str(list(marked.categories)),
            "finding_birads": f"BI-RADS {marked.birads}" if marked.birads else "",
            **dict(zip(("xmin", "ymin", "xmax", "ymax"), map(float, marked.box), strict=True)),
        }
        for marked in film.findings
    ]


def _csv(columns: tuple[str, ...], rows: Iterable[Row]) -> str:
    """Rows as CSV text; a missing value is an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
