"""Reading a table of predictions, ours or anybody's with the same columns, into a :class:`Scored`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mammo_monai.datasets.tables import Row, read_table
from mammo_monai.errors import MammoError
from mammo_monai.evaluation import predictions
from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.evaluation.scored import FloatArray, Scored, TextArray, identities, identity_columns

PREFIX = "p_"
TOLERANCE = 5e-3
"""How far from 1 probabilities may sum: five classes rounded to three decimals reach half of it."""


def read(path: Path) -> Scored:
    """A table with the columns ``label``, one ``p_<class>`` per class and, for intervals over patients, ``patient``.

    Rows with an ``error``, without a label or without a prediction are left out, of identical rows all but the first;
    ``notes`` counts them.

    Raises:
        MammoError: the table is unreadable or empty; a column is missing; a label is none of the classes; a
            probability is no number from 0 to 1; those of a row do not sum to 1; two rows of one image (and box)
            contradict each other; a patient stands in two sections.
    """
    rows = read_table(path, ["label"])
    return from_rows(rows, list(rows[0].cells), str(path))


def from_predictions(rows: Sequence[Prediction], class_names: Sequence[str]) -> Scored:
    """What :func:`read` gives of the table that :func:`predictions.write` makes of these rows."""
    where = Path("predictions")
    titles, cells = predictions.table(rows, class_names)
    lines = [Row(where, number, dict(zip(titles, line, strict=True))) for number, line in enumerate(cells, 2)]
    return from_rows(lines, titles, str(where))


def from_rows(rows: Sequence[Row], titles: Sequence[str], where: str) -> Scored:
    """What :func:`read` gives of the rows of a table.

    Args:
        rows: with cells of every title.
        titles: of the columns.
        where: names the table in errors.
    """
    scores = [title for title in titles if title.startswith(PREFIX)]
    if len(scores) < 2:
        raise MammoError(
            f"{where}: expected a column p_<class> per class, two or more, found {', '.join(scores) or 'none'}",
            reason="missing-column",
        )
    class_names = tuple(title.removeprefix(PREFIX) for title in scores)
    faults = [_fault(row, scores) for row in rows]
    notes = Counter(filter(None, faults))
    whole = [row for row, fault in zip(rows, faults, strict=True) if not fault]
    if not whole:
        left_out = ", ".join(f"{count} {code}" for code, count in sorted(notes.items())) or "no rows"
        raise MammoError(
            f"{where}: no image has both a label and a prediction ({left_out}); check the datalist", reason="empty"
        )
    labels = np.array([_label(row, class_names) for row in whole])
    probabilities = _probabilities(whole, scores)
    columns = {title: tuple(row.cells[title] for row in whole) for title in titles if title not in {"label", *scores}}
    first = _first_of_each(identities(columns, identity_columns(columns), len(whole)), whole, probabilities)
    scored = Scored(class_names, labels, probabilities, _patients(columns, len(whole)), columns).take(first)
    _check_sections(scored, where)
    notes["duplicate"] = len(whole) - len(first)
    notes["without-patient"] = sum(not name for name in scored.columns.get("patient", [""] * len(first)))
    return replace(scored, notes=+notes)


def _fault(row: Row, scores: Sequence[str]) -> str:
    """Why a row is no row to judge."""
    if row.cells.get("error"):
        return "error"
    if not row.cells["label"]:
        return "without-label"
    return "" if any(row.cells[score] for score in scores) else "without-prediction"


def _label(row: Row, class_names: Sequence[str]) -> int:
    if row.cells["label"] not in class_names:
        raise row.wrong("label", f"one of the classes {', '.join(class_names)}")
    return class_names.index(row.cells["label"])


def _probabilities(rows: Sequence[Row], scores: Sequence[str]) -> FloatArray:
    values = np.array([[_probability(row, score) for score in scores] for row in rows])
    off = np.flatnonzero(np.abs(values.sum(1) - 1) > TOLERANCE)
    if off.size:
        row = rows[off[0]]
        raise MammoError(
            f"{row.path}, line {row.line}: expected probabilities that sum to 1, found {values[off[0]].sum():.6g} "
            f"({off.size} of {len(rows)} rows); write the softmax of the outputs",
            reason="bad-value",
        )
    return values


def _probability(row: Row, score: str) -> float:
    try:
        value = float(row.cells[score])
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:  # false of NaN too
        raise row.wrong(score, "a probability from 0 to 1")
    return value


def _first_of_each(identities: Sequence[tuple[str, ...]], rows: Sequence[Row], probabilities: FloatArray) -> list[int]:
    """Indices of the rows without repetitions; a row without an identity repeats none."""
    seen: dict[tuple[str, ...], int] = {}
    for index, identity in enumerate(identities):
        first = seen.setdefault(identity or (f"(row {index})",), index)
        if first != index and not _same(rows, probabilities, first, index):
            raise MammoError(
                f"{rows[first].path}, lines {rows[first].line} and {rows[index].line}: "
                f"{' '.join(filter(None, identity))} is there twice and differs; leave one of the rows out",
                reason="contradiction",
            )
    return list(seen.values())


def _same(rows: Sequence[Row], probabilities: FloatArray, first: int, second: int) -> bool:
    """Whether two rows of one image say the same; a network's outputs vary a little with the batch."""
    texts = [[rows[i].cells.get(title) for title in ("label", "patient")] for i in (first, second)]
    return texts[0] == texts[1] and bool(np.allclose(probabilities[first], probabilities[second], atol=1e-4))


def _patients(columns: Mapping[str, Sequence[str]], n: int) -> TextArray:
    blank = [""] * n
    names, datasets = columns.get("patient", blank), columns.get("dataset", blank)
    return np.array(
        [
            f"(row {i})" if not name else f"{dataset}/{name}" if dataset else name
            for i, (name, dataset) in enumerate(zip(names, datasets, strict=True))
        ],
        dtype=np.str_,
    )


def _check_sections(scored: Scored, where: str) -> None:
    sections: dict[str, str] = {}
    for patient, section in zip(scored.patients, scored.columns.get("section", ()), strict=False):
        first = sections.setdefault(str(patient), section)
        if first != section:
            raise MammoError(
                f"{where}: patient {patient} stands in the sections {first} and {section}; "
                "split by patient, or judge one section at a time",
                reason="leakage",
            )
