"""The tables of a reader study: truth, readings, predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mammo_monai.datasets.tables import Row, read_table, rows_by
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import calibrated
from mammo_monai.evaluation.levels import at_level
from mammo_monai.evaluation.prediction_table import PREFIX, from_rows
from mammo_monai.evaluation.scored import Scored
from mammo_monai.reader_study.classes import Classes, first_of
from mammo_monai.readings.table import Case, Readings, read_readings, stated

CASE = ("case", "image", "path", "exam", "id")
"""Columns that may name a case, the first that is there."""
CATEGORY = ("category", "birads", "pathology", "density", "label")
"""Columns that may hold the truth and the readings, the first that is there."""


@dataclass(frozen=True)
class Truth:
    """What the cases are.

    Attributes:
        rows: cases in the table.
        classes: class of each case that has one.
        patients: of the cases, as far as the table names them.
        column: the column that names the case.
    """

    rows: int
    classes: Mapping[str, int]
    patients: Mapping[str, str]
    column: str


@dataclass(frozen=True)
class Said:
    """What the readers said.

    Attributes:
        table: as it was read.
        calls: reader -> case -> class, None for a reading that has no class.
    """

    table: Readings
    calls: Mapping[str, Mapping[str, int | None]]

    def of(self, case: Case) -> dict[str, int | None]:
        """Class of one case by reader; who said nothing is not there."""
        name = case.identity["image"]
        return {reader: calls[name] for reader, calls in self.calls.items() if name in calls}


def class_names(path: Path) -> tuple[str, ...]:
    """The classes of a table of predictions."""
    return tuple(title.removeprefix(PREFIX) for title in read_table(path)[0].cells if title.startswith(PREFIX))


def read_truth(path: Path, classes: Classes, case: str = "", category: str = "") -> Truth:
    """A table with one row per case: its name, its category and perhaps its patient.

    Raises:
        MammoError: unreadable, a column is missing, a cell that is no category, or one case with two truths.
    """
    rows = read_table(path)
    named, column = first_of(rows[0], (case, *CASE), "case"), first_of(rows[0], (category, *CATEGORY), "category")
    found = {name: row for (name,), row in rows_by(rows, {named: _name}).items()}
    said = {name: stated(row, column, str, classes.words) for name, row in found.items()}
    truth = {name: classes.of(found[name], column, text) for name, text in said.items() if text is not None}
    patients = {name: row.cells.get("patient", "") for name, row in found.items()}
    return Truth(
        len(found),
        {name: known for name, known in truth.items() if known is not None},
        {name: patient for name, patient in patients.items() if patient},
        named,
    )


def read_predictions(
    path: Path, truth: Truth, classes: Classes, case: str = "", *, temperature: float | None = None, level: str = "",
    rule: str = "", order: Sequence[str] = (),
) -> tuple[Scored, dict[str, int], dict[str, int]]:  # fmt: skip
    """The model's predictions of the cases that have a truth.

    Args:
        path: a table with ``p_<class>`` columns.
        truth: it becomes the label, whatever the table says.
        classes: of the model.
        case: the column that names the case; "" for the truth's own name or the first of :data:`CASE`.
        temperature: that calibrates the rows before they are pooled, as inference does; None leaves them as they are.
        level: pool the rows to "breast", "exam" or "patient" first; "" for one row per case.
        rule: how they are pooled.
        order: of suspicion, for pooling.

    Returns:
        the predictions, the row of each case in them, and counts: "without-truth" (rows), "other-label" (rows whose own
        label is not the truth), and what the pooling and the reading of the table note.

    Raises:
        MammoError: unreadable, or without a row of a case, or with several rows of one.
    """
    rows = read_table(path)
    named = first_of(rows[0], (case,) if case else (truth.column, *CASE), "case")
    kept: list[Row] = []
    counts: Counter[str] = Counter()
    for row in rows:
        name = _name(row.cells[named])
        if name not in truth.classes:
            counts["without-truth"] += 1
            continue
        label = classes.names[truth.classes[name]]
        counts["other-label"] += row.cells.get("label", "") not in ("", label)
        patient = truth.patients.get(name, row.cells.get("patient", ""))
        kept.append(replace(row, cells={**row.cells, "label": label, "patient": patient}))
    if not kept:
        raise MammoError(
            f"{path}: no case of the truth table in column {named!r} (found {_some(row.cells[named] for row in rows)}, "
            f"expected {_some(truth.classes)}); name the column with --case",
            "other-cases",
        )
    scored = from_rows(kept, list(kept[0].cells), str(path))
    scored = scored if temperature is None else calibrated(scored, temperature)
    scored = at_level(scored, level, rule, order=order) if level else scored
    names = [_name(name) for name in scored.columns[named]]
    twice = [name for name, count in Counter(names).items() if count > 1 or not name]
    if twice:
        raise MammoError(
            f"{path}: {names.count(twice[0])} rows of case {twice[0]!r}, expected one ({len(twice)} such); name the "
            "column with --case, or pool them with --level",
            "several-rows",
        )
    return scored, {name: i for i, name in enumerate(names)}, dict(+(counts + Counter(scored.notes)))


def read_said(path: Path, classes: Classes, case: str = "", category: str = "", reader: str = "reader") -> Said:
    """The readers' table; see :func:`~mammo_monai.readings.table.read_readings` for its two forms.

    Raises:
        MammoError: unreadable, a column is missing, or a reading that is no category.
    """
    header = read_table(path)[0]
    named = first_of(header, (case, *CASE), "case")
    candidates = (category, *CATEGORY) if category else CATEGORY
    wide = [name for name in candidates if any(title.startswith(f"{name}_") for title in header.cells)]
    long = reader in header.cells
    label = first_of(header, candidates, "category") if long or not wide else wide[0]
    columns = {"image": named, **({"reader": reader} if long else {})}
    table = read_readings(path, [label], columns=columns, at_least=1, known=classes.words)
    calls: dict[str, dict[str, int | None]] = {name: {} for name in table.readers}
    for item in table.cases:
        for who, reading in item.readings[label].items():
            calls[who][item.identity["image"]] = classes.of(reading.row, label, reading.value)
    return Said(table, calls)


def _name(text: str) -> str:
    return text.replace("\\", "/")


def _some(names: Iterable[str]) -> str:
    return ", ".join(list(dict.fromkeys(names))[:3])
