"""Rows of predictions as results of exams, and one JSON per exam as other programs read it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decision import ABSTAIN, Decision, decide
from mammo_monai.evaluation.exam_result import ExamResult, ImageResult, Outcome, UnitResult, Verdict
from mammo_monai.evaluation.levels import at_level
from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.evaluation.scored import FloatArray, Scored
from mammo_monai.files import write_text

NAME_LENGTH = 16
RULES: Final = {"breast": "mean", "exam": "most_suspicious"}
"""How images become breasts and exams unless the caller says otherwise: a cancer in one breast is not averaged away."""


def exam_results(
    rows: Iterable[Prediction],
    class_names: Sequence[str],
    context: Mapping[str, str],
    decision: Decision | None = None,
    rules: Mapping[str, str] = RULES,
    order: Sequence[str] = (),
) -> list[ExamResult]:
    """One result per exam, in the order in which the exams first appear.

    Args:
        rows: predictions of whole images, or of patches, which are not pooled.
        class_names: in the order of the probabilities.
        context: where the predictions come from.
        decision: of the weights; without one nothing is calibrated or decided.
        rules: of "breast" and "exam", see :mod:`mammo_monai.evaluation.levels.rules`. What is pooled are the
            probabilities, and the calibrated ones by themselves; operating points were chosen on images and say nothing
            of breasts and exams.
        order: the classes from the least to the most suspicious; () for the known order of known classes. Without one
            breasts and exams stay open, with a remark.
    """
    exams: dict[tuple[str, str], list[Prediction]] = defaultdict(list)
    for row in rows:
        exams[row.patient, row.exam].append(row)
    made = []
    for (patient, exam), of_exam in exams.items():
        images = tuple(_image(row, class_names, decision) for row in of_exam)
        remarks = []
        try:
            breasts, whole = _units(of_exam, class_names, decision, rules, order)
        except MammoError as error:
            if error.reason != "bad-order":
                raise
            breasts, whole = (), None
            remarks.append(f"breasts and exam are not judged: {error}")
        made.append(
            ExamResult(patient, exam, tuple(class_names), dict(context), images, breasts, whole, tuple(remarks))
        )
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
        write_text(written[-1], json.dumps(result.to_json(), indent=2) + "\n")
    return written


def exam_name(result: ExamResult) -> str:
    """A name for the files of an exam, from a digest of patient and exam."""
    text = f"{result.patient}\n{result.exam}"
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:NAME_LENGTH]


def _image(row: Prediction, class_names: Sequence[str], decision: Decision | None) -> ImageResult:
    outcome = None if row.error else _outcome(row.probabilities, class_names, decision)
    return ImageResult(row.path, row.laterality, row.view, outcome, row.box, row.conflict, row.error)


def _outcome(probabilities: Sequence[float], class_names: Sequence[str], decision: Decision | None) -> Outcome:
    by_class = dict(zip(class_names, probabilities, strict=True))
    predicted = max(by_class, key=lambda name: by_class[name])
    if decision is None:
        return Outcome(by_class, predicted)
    decided = decide(np.array([probabilities]), decision)
    calibrated = dict(zip(class_names, decided.probabilities[0].tolist(), strict=True))
    verdicts = tuple(
        Verdict(
            point.name,
            point.class_name,
            point.threshold,
            calibrated[point.class_name],
            bool(decided.points[point.name][0]),
        )
        for point in decision.operating_points
    )
    return Outcome(by_class, predicted, calibrated, decided.called[0] or ABSTAIN, verdicts)


def _units(
    rows: Sequence[Prediction],
    class_names: Sequence[str],
    decision: Decision | None,
    rules: Mapping[str, str],
    order: Sequence[str],
) -> tuple[tuple[UnitResult, ...], UnitResult | None]:
    """Breasts and the exam of the rows that have probabilities."""
    valid = [row for row in rows if not row.error]
    if not valid or any(row.box for row in valid):
        return (), None
    raw = np.array([row.probabilities for row in valid])
    scaled = decide(raw, decision).probabilities if decision else None
    levels = {level: _pooled(valid, class_names, raw, scaled, decision, level, rules[level], order) for level in rules}
    return tuple(levels["breast"]), levels["exam"][0]


def _pooled(
    rows: Sequence[Prediction],
    class_names: Sequence[str],
    raw: FloatArray,
    scaled: FloatArray | None,
    decision: Decision | None,
    level: str,
    rule: str,
    order: Sequence[str],
) -> list[UnitResult]:
    columns = {name: tuple(getattr(row, name) for row in rows) for name in ("path", "patient", "exam", "laterality")}
    columns["view"] = tuple(row.view for row in rows)
    nobody = np.zeros(len(rows), dtype=np.int64)  # the truth takes no part in pooling
    table = Scored(tuple(class_names), nobody, raw, np.array(columns["patient"]), columns)
    units = at_level(table, level, rule, order=order)
    outcomes = [_outcome(row.tolist(), class_names, None) for row in units.probabilities]
    if decision is not None and scaled is not None:
        pooled = at_level(replace(table, probabilities=scaled), level, rule, order=order).probabilities
        called = decide(pooled, replace(decision, temperature=1.0)).called
        outcomes = [
            replace(outcome, calibrated=dict(zip(class_names, row.tolist(), strict=True)), decision=name or ABSTAIN)
            for outcome, row, name in zip(outcomes, pooled, called, strict=True)
        ]
    sides = units.columns.get("laterality", ("",) * len(units)) if level == "breast" else ("",) * len(units)
    return [
        UnitResult(side, outcome, int(images), tuple(lacking.split()), rule)
        for side, outcome, images, lacking in zip(
            sides, outcomes, units.columns["images"], units.columns["missing"], strict=True
        )
    ]
