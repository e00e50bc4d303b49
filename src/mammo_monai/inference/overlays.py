"""Pictures of why: what speaks for the class of each image, over the image as it was taken."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.errors import line
from mammo_monai.evaluation.exam_result import ExamResult
from mammo_monai.inference.exam import Exam
from mammo_monai.inference.predictor import Predictor

LONGEST: Final = 1280
"""Rows or columns of a picture at most: four in the size of the films are 160 MB that an archive keeps for ever."""


def overlays(predictor: Predictor, exam: Exam, result: ExamResult) -> tuple[dict[str, NDArray[np.uint8]], list[str]]:
    """A picture of each image that has a result, by its path: (rows, columns, 3) RGB; and the "path: no overlay, ..."
    lines of those that failed, without which a report does.
    """
    pictures, failed = {}, []
    for image in result.images:
        if image.outcome is None:
            continue
        try:
            pictures[image.path] = _small(predictor.explain(exam.root / image.path, image.outcome.predicted).picture())
        except Exception as error:
            failed.append(f"{image.path}: no overlay, {line(error)}")
    return pictures, failed


def _small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = min(1.0, LONGEST / max(picture.shape))
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
