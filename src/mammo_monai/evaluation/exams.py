"""One JSON per exam: the result of an inference as other programs read it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.evaluation.report import NOTICE
from mammo_monai.files import write_text

NAME_LENGTH = 16


def write_exams(
    folder: Path, rows: Sequence[Prediction], class_names: Sequence[str], context: Mapping[str, str]
) -> list[Path]:
    """Write ``<digest of exam>.json`` per exam, in place of those of an earlier inference.

    Study UIDs and patient ids never become file names.

    Returns:
        the files, in the order in which the exams first appear.
    """
    exams: dict[tuple[str, str], list[Prediction]] = defaultdict(list)
    for row in rows:
        exams[row.patient, row.exam].append(row)
    for earlier in folder.glob("[0-9a-f]" * NAME_LENGTH + ".json"):
        earlier.unlink()
    written = []
    for (patient, exam), images in exams.items():
        name = hashlib.sha256(f"{patient}\n{exam}".encode(errors="backslashreplace")).hexdigest()[:NAME_LENGTH]
        content = {
            "notice": NOTICE,
            "patient": patient,
            "exam": exam,
            "classes": list(class_names),
            "context": dict(context),
            "images": [_image(row, class_names) for row in images],
        }
        written.append(folder / f"{name}.json")
        write_text(written[-1], json.dumps(content, indent=2) + "\n")
    return written


def _image(row: Prediction, class_names: Sequence[str]) -> dict[str, object]:
    content: dict[str, object] = {"path": row.path, "laterality": row.laterality, "view": row.view}
    if row.box:
        content["box"] = list(row.box)
    if row.conflict:
        content["conflict"] = row.conflict
    if row.error:
        return {**content, "error": row.error}
    probabilities = dict(zip(class_names, row.probabilities, strict=True))
    return {
        **content,
        "probabilities": probabilities,
        "predicted": max(probabilities, key=lambda name: probabilities[name]),
    }
