"""One JSON per exam: the result of an inference as other programs read it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mammo_monai.evaluation.decision import Decision, decide
from mammo_monai.evaluation.predictions import Prediction
from mammo_monai.evaluation.report import NOTICE
from mammo_monai.files import write_text

NAME_LENGTH = 16


def write_exams(
    folder: Path,
    rows: Sequence[Prediction],
    class_names: Sequence[str],
    context: Mapping[str, str],
    decision: Decision | None = None,
) -> list[Path]:
    """Write ``<digest of exam>.json`` per exam, in place of those of an earlier inference.

    Study UIDs and patient ids never become file names.

    Args:
        folder: where to write.
        rows: predictions.
        class_names: in the order of the probabilities.
        context: what the predictions are predictions of.
        decision: of the weights; adds to each image its calibrated probabilities and what operating points say.

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
            "images": [_image(row, class_names, decision) for row in images],
        }
        written.append(folder / f"{name}.json")
        write_text(written[-1], json.dumps(content, indent=2) + "\n")
    return written


def _image(row: Prediction, class_names: Sequence[str], decision: Decision | None) -> dict[str, object]:
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
        **(_decided(row, decision) if decision else {}),
    }


def _decided(row: Prediction, decision: Decision) -> dict[str, object]:
    """``calibrated``, ``decision`` and ``operating_points`` of an image."""
    decided = decide(np.array([row.probabilities]), decision)
    calibrated = dict(zip(decision.class_names, decided.probabilities[0].tolist(), strict=True))
    return {
        "calibrated": calibrated,
        "decision": row.decision,
        "operating_points": [
            {
                "name": point.name,
                "class": point.class_name,
                "threshold": point.threshold,
                "probability": calibrated[point.class_name],
                "called": bool(decided.points[point.name][0]),
            }
            for point in decision.operating_points
        ],
    }
