"""Rows of predictions as results of exams, and one JSON per exam as other programs read it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.calibration import calibrated
from mammo_monai.evaluation.decisions.calling import Decided, decide, decide_level
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.exam_result import ExamResult, ImageResult, Outcome, UnitResult, Verdict
from mammo_monai.evaluation.levels import RULES, at_level
from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.evaluation.scored import Scored
from mammo_monai.files import write_text

NAME_LENGTH = 16
REMARKS: Final = {
    "repeated-views": "images repeat a view, which counts once all the same",
    "other-views": "images are neither CC nor MLO",
    "view-unknown": "images say nothing of their view",
    "laterality-unknown": "images whose side is unknown or contradicted stand for a breast each",
    "identity-conflict": "images are contradicted in side or view",
}
"""Notes on the views of an exam (:mod:`mammo_monai.evaluation.levels.coverage`) as a reader is told of them."""


def exam_results(
    rows: Iterable[Prediction],
    class_names: Sequence[str],
    context: Mapping[str, str],
    decision: Decision | None = None,
    order: Sequence[str] = (),
) -> list[ExamResult]:
    """One result per exam, in the order in which the exams first appear.

    Images become breasts and an exam as evaluation judges these levels, by :mod:`mammo_monai.evaluation.levels`.
    Probabilities are pooled, and the calibrated ones by themselves.

    Args:
        rows: predictions of whole images, or of patches, which are not pooled.
        class_names: in the order of the probabilities.
        context: where the predictions come from.
        decision: of the weights; without one nothing is calibrated or decided.
        order: the classes from the least to the most suspicious; () for the known order of known classes. Without one
            breasts and exams stay open, with a remark.
    """
    exams: dict[tuple[str, str], list[Prediction]] = defaultdict(list)
    for row in rows:
        exams[row.patient, row.exam].append(row)
    made = []
    for (patient, exam), of_exam in exams.items():
        images = tuple(_image(row, class_names, decision) for row in of_exam)
        breasts, whole, remarks = _units(of_exam, class_names, decision, order)
        made.append(ExamResult(patient, exam, tuple(class_names), dict(context), images, breasts, whole, remarks))
    return made


def write_exams(folder: Path, results: Iterable[ExamResult]) -> list[Path]:
    """Write ``<digest of exam>.json`` per exam, in place of those of an earlier inference.

    Study UIDs and patient ids never become file names.

    Returns:
        the files.
    """
    for earlier in folder.glob("[0-9a-f]" * NAME_LENGTH + ".json"):
        earlier.unlink()
    written = []
    for result in results:
        written.append(folder / f"{exam_name(result)}.json")
        write_text(written[-1], json.dumps(result.to_json(), indent=2, allow_nan=False) + "\n")
    return written


def exam_name(result: ExamResult) -> str:
    """A name for the files of an exam, from a digest of patient and exam."""
    text = f"{result.patient}\n{result.exam}"
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:NAME_LENGTH]


def _image(row: Prediction, class_names: Sequence[str], decision: Decision | None) -> ImageResult:
    outcome = None if row.error else _outcome(row.probabilities, class_names, decision)
    return ImageResult(row.path, row.laterality, row.view, outcome, row.box, row.conflict, row.error, row.sop)


def _outcome(probabilities: Sequence[float], class_names: Sequence[str], decision: Decision | None) -> Outcome:
    by_class = dict(zip(class_names, probabilities, strict=True))
    predicted = max(by_class, key=lambda name: by_class[name])
    if decision is None:
        return Outcome(by_class, predicted)
    return Outcome(by_class, predicted, **_decided(decide(np.array([probabilities]), decision), 0, decision))


def _decided(decided: Decided, row: int, decision: Decision) -> dict[str, Any]:
    """Calibrated probabilities, decision and operating points of a row."""
    scaled = dict(zip(decision.class_names, decided.probabilities[row].tolist(), strict=True))
    verdicts = tuple(
        Verdict(
            point.name,
            point.class_name,
            point.threshold,
            scaled[point.class_name],
            bool(decided.points[point.name][row]),
        )
        for point in decision.operating_points
    )
    return {"calibrated": scaled, "decision": decided.called[row], "operating_points": verdicts}


def _units(
    rows: Sequence[Prediction], class_names: Sequence[str], decision: Decision | None, order: Sequence[str]
) -> tuple[tuple[UnitResult, ...], UnitResult | None, tuple[str, ...]]:
    """Breasts, the exam, and what there is to remark."""
    valid = [row for row in rows if not row.error]
    failed = [f"{len(rows) - len(valid)} of {len(rows)} images have no result"] if len(valid) < len(rows) else []
    if not valid or any(row.box for row in valid):
        return (), None, tuple(failed)
    raw = _table(valid, class_names)
    try:
        breasts, _ = _pooled(raw, decision, "breast", order)
        (whole,), notes = _pooled(raw, decision, "exam", order)
    except MammoError as error:
        if error.reason != "bad-order" or order:
            raise
        return (), None, (*failed, f"breasts and exam are not judged: {error}")
    missing = [f"no result of {', '.join(whole.missing)}"] if whole.missing else []
    told = [f"{notes[code]} {text}" for code, text in REMARKS.items() if notes.get(code)]
    return tuple(breasts), whole, (*failed, *missing, *told)


def _table(rows: Sequence[Prediction], class_names: Sequence[str]) -> Scored:
    """The rows as levels take them; the truth, which nobody knows, takes no part in pooling."""
    columns = {
        name: tuple(getattr(row, name) for row in rows)
        for name in ("path", "patient", "exam", "laterality", "view", "conflict")
    }
    nobody = np.zeros(len(rows), dtype=np.int64)
    probabilities = np.array([row.probabilities for row in rows])
    return Scored(tuple(class_names), nobody, probabilities, np.array(columns["patient"]), columns)


def _pooled(
    raw: Scored, decision: Decision | None, level: str, order: Sequence[str]
) -> tuple[list[UnitResult], Mapping[str, int]]:
    """The units of a level, and notes on their views."""
    units = at_level(raw, level, order=order)
    outcomes = [_outcome(row.tolist(), raw.class_names, None) for row in units.probabilities]
    if decision is not None:
        _, decided = decide_level(calibrated(raw, decision.temperature), level, decision, order)
        outcomes = [
            replace(outcome, **_decided(decided, row, decision.at(level))) for row, outcome in enumerate(outcomes)
        ]
    sides = units.columns["laterality"] if level == "breast" else ("",) * len(units)
    cells = zip(sides, outcomes, units.columns["images"], units.columns["missing"], strict=True)
    made = [
        UnitResult(side, outcome, int(images), tuple(lacking.split()), RULES[level])
        for side, outcome, images, lacking in cells
    ]
    return made, units.notes
