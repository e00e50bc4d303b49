"""One exam on its way through the operators."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_monai.errors import line
from mammo_monai.evaluation.exam_result import ExamResult
from mammo_monai.inference.exam import Exam

logger = logging.getLogger(__name__)


@dataclass
class Case:
    """An exam and what became of it.

    Attributes:
        exam: its images.
        result: None until it is predicted.
        overlays: (rows, columns, 3) uint8 pictures by path of the image.
        notes: what a reader of ``result.json`` should know, as "reason: message" lines.
        files: of the report.
        error: why there is no report, as a "reason: message" line; "" where nothing failed.
    """

    exam: Exam
    result: ExamResult | None = None
    overlays: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    error: str = ""

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """What fails inside is this exam's error: the others go on."""
        try:
            yield
        except Exception as error:
            self.error = line(error)
            logger.error("%s", self.error)

    def row(self, out: Path) -> dict[str, Any]:
        """As ``result.json`` shows it; files are relative to ``out``."""
        return {
            "patient": self.exam.patient,
            "exam": self.exam.exam,
            "images": list(self.exam.images),
            "files": [file.relative_to(out).as_posix() for file in self.files],
            "seconds": dict(self.result.seconds) if self.result else {},
            "notes": self.notes,
            "error": self.error,
        }
