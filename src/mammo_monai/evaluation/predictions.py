"""``predictions.csv``: one row per image or patch, readable by any tool and by every later evaluation.

Columns: ``path, patient, exam, laterality, view``, for patches ``row_min, col_min, row_max, col_max, turn, finding``,
then ``label, predicted, decision``, one ``p_<class>`` per class, ``conflict`` (what contradicts the identity columns),
``error``. ``label`` is empty when the truth is unknown; a row with ``error`` has no probabilities. Probabilities are
the network's own, uncalibrated; ``predicted`` is the most probable class, ``decision`` what the decision fitted on
validation calls (a class or "abstain"), empty where there is none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mammo_monai.datasets.patches.table import EDGES, TURN
from mammo_monai.errors import MammoError
from mammo_monai.files import replacing

IDENTITY = ("path", "patient", "exam", "laterality", "view")
PLACE = (*EDGES, TURN)
PATCH = (*PLACE, "finding")
"""Columns of a table of patches."""


@dataclass(frozen=True)
class Prediction:
    """One result: who and where, the true class if known, and the probability of each class or an error.

    ``box`` is that of a patch, in the order of :data:`EDGES`, half-open, in pixels of the source image, and
    ``turn`` how it is laid down (:mod:`mammo_monai.transforms.turns`); ``finding`` the index of the finding it shows,
    "-1" for none, "" when unknown. ``decision`` is a class name, "abstain", or "" where nothing is decided. ``sop`` is
    the SOP Instance UID of the file, which the table does not keep.
    """

    path: str
    patient: str = ""
    exam: str = ""
    laterality: str = ""
    view: str = ""
    label: str = ""
    probabilities: tuple[float, ...] = ()
    conflict: str = ""
    error: str = ""
    box: tuple[int, ...] = ()
    finding: str = ""
    decision: str = ""
    sop: str = ""
    turn: int = 0


def write(path: Path, predictions: Iterable[Prediction], class_names: Sequence[str]) -> None:
    """Write the table in one step; probabilities with nine digits, which give a float32 back exactly."""
    titles, cells = table(list(predictions), class_names)
    # A file name need not be valid Unicode; it is written with escapes rather than losing the table.
    with (
        replacing(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file,
    ):
        csv.writer(file).writerows([titles, *cells])


def table(rows: Sequence[Prediction], class_names: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Titles and cells of ``predictions.csv``."""
    patch = PATCH if any(row.box or row.finding for row in rows) else ()
    scores = [f"p_{name}" for name in class_names]
    titles = [*IDENTITY, *patch, "label", "predicted", "decision", *scores, "conflict", "error"]
    return titles, [_cells(row, class_names, patch) for row in rows]


def _cells(row: Prediction, class_names: Sequence[str], patch: Sequence[str]) -> list[str]:
    scores = [f"{p:.9g}" for p in row.probabilities] or [""] * len(class_names)
    called = class_names[int(np.argmax(row.probabilities))] if row.probabilities else ""
    identity = [getattr(row, key) for key in IDENTITY]
    place = map(str, (*row.box, row.turn)) if row.box else [""] * len(PLACE)
    placed = [*place, row.finding] if patch else []
    return [*identity, *placed, row.label, called, row.decision, *scores, row.conflict, row.error]


def read(path: Path) -> tuple[list[Prediction], list[str]]:
    """Read a table and its class names back.

    Raises:
        MammoError: the file is missing, empty or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise MammoError(f"{path}: expected a predictions table, found {error}", reason="unreadable") from error
    if not rows:
        raise MammoError(
            f"{path}: the predictions table has no rows; run evaluation or inference first", reason="empty"
        )
    classes = [column[2:] for column in rows[0] if column.startswith("p_")]
    missing = {*IDENTITY, "label"} - rows[0].keys()
    if missing or not classes:
        raise MammoError(
            f"{path}: column {', '.join(sorted(missing)) or 'p_<class>'} is missing; expected {', '.join(IDENTITY)}, "
            "label and one p_<class> per class",
            reason="missing-column",
        )
    return [_parse(row, classes) for row in rows], classes


def _parse(row: dict[str, str], classes: Sequence[str]) -> Prediction:
    scores = [row[f"p_{name}"] for name in classes]
    return Prediction(
        **{key: row[key] for key in IDENTITY},
        label=row["label"],
        probabilities=tuple(float(score) for score in scores) if all(scores) else (),
        conflict=row.get("conflict", ""),
        error=row.get("error", ""),
        box=tuple(int(row[edge]) for edge in EDGES) if all(row.get(edge) for edge in EDGES) else (),
        finding=row.get("finding", ""),
        decision=row.get("decision", ""),
        turn=int(row.get(TURN) or 0),
    )
