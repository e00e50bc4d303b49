"""The Predictor behind the page: loaded in the background, asked one exam at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mammo_monai.errors import MammoError, cause
from mammo_monai.inference.exam import Exam
from reading_page.recent import Recent

if TYPE_CHECKING:
    from mammo_monai.evaluation.exam_result import ExamResult
    from mammo_monai.evaluation.explain.explanation import Explanation
    from mammo_monai.inference.predictor import Predictor

logger = logging.getLogger(__name__)

RESULTS, MAPS = 200, 24
"""Answers that are kept."""
PATIENCE = 5.0
"""Seconds after which nobody waits any more: a page asks again every second."""


class Asked(NamedTuple):
    """An exam as it is on disk."""

    exam: Exam
    changed: tuple[int, ...]


class Place(NamedTuple):
    """What is explained: a class ("" for the most probable) of an image."""

    path: Path
    class_name: str
    changed: int


class Model:
    """A bundle that is being loaded, then answers.

    Args:
        load: makes the Predictor; importing what it needs takes seconds.
        failed: is told why it could not be made.
    """

    def __init__(
        self, load: Callable[[], Predictor], failed: Callable[[MammoError], None] = lambda error: None
    ) -> None:
        # One thread: the network takes every core by itself, and whoever comes first is answered first.
        self._thread = ThreadPoolExecutor(1, "model")
        self._started = time.monotonic()
        self._loaded: Future[Predictor] = self._thread.submit(self._load, load, failed)
        self._results = Recent(self._thread, self._predict, RESULTS, PATIENCE)
        self._maps = Recent(self._thread, self._explain, MAPS, PATIENCE)

    def state(self) -> dict[str, Any]:
        """What the page says of it: "loading", "ready" with what it is, or "failed"."""
        if not self._loaded.done():
            return {"state": "loading", "seconds": round(time.monotonic() - self._started, 1)}
        error = self._loaded.exception()
        if error is not None:
            return {"state": "failed", "message": str(error)}
        predictor = self._loaded.result()
        return {"state": "ready", "classes": predictor.class_names, "context": predictor.context}

    def result(self, exam: Exam) -> Future[ExamResult]:
        """The result of an exam, worked out once."""
        return self._results(Asked(exam, tuple(_changed(exam.root / name) for name in exam.images)))

    def saliency(self, path: Path, class_name: str) -> Future[Explanation]:
        """What in an image speaks for a class."""
        return self._maps(Place(path, class_name, _changed(path)))

    def _load(self, load: Callable[[], Predictor], failed: Callable[[MammoError], None]) -> Predictor:
        try:
            predictor = load()
            _warm_up(predictor)
            return predictor
        except Exception as error:
            known = cause(error)
            if known is None:
                logger.exception("the bundle could not be loaded")
                known = MammoError(f"the bundle cannot be loaded ({type(error).__name__}: {error})", "bad-bundle")
            failed(known)
            raise known from error

    def _predict(self, asked: Asked) -> ExamResult:
        start = time.perf_counter()
        result = self._loaded.result().predict(asked.exam)
        return replace(result, seconds={**result.seconds, "together": time.perf_counter() - start})

    def _explain(self, place: Place) -> Explanation:
        return self._loaded.result().explain(place.path, place.class_name)


def _warm_up(predictor: Predictor) -> None:
    """Let the network run once: what libraries set up at the first call should not cost the first exam."""
    import torch

    classifier = predictor.classifier
    classifier.probabilities(torch.zeros(classifier.batch_size, 3, *classifier.spatial_size))


def _changed(path: Path) -> int:
    """When a file was changed; -1 for one that is gone, which the prediction will say."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1
