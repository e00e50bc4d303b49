"""Scoring: what the network says of unlabelled images, and how it agreed with the labels that came later."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monailabel.interfaces.tasks.scoring import ScoringMethod

from lib.classification import predicted
from lib.served import Served
from lib.store import FolderStore
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.exam_result import ExamResult

logger = logging.getLogger(__name__)


class Predictions(ScoringMethod):
    """Predict every unlabelled image that the present weights have not seen, and store the result.

    Args:
        served: the bundle.
    """

    def __init__(self, served: Served) -> None:
        super().__init__("predict unlabelled images with the present weights; the strategies read what is stored")
        self._served = served

    def __call__(self, request: Mapping[str, Any], datastore: FolderStore) -> dict[str, Any]:
        """``predicted``, how many were ``current`` already, and ``failed``: reason by image."""
        predictor = self._served.predictor
        weights = predictor.context["weights"]
        stale = self.stale(datastore)
        failed = {}
        for image in stale:
            try:
                content = predicted(predictor, Path(datastore.get_image_uri(image)))
            except MammoError as error:
                content = {"error": f"{error.reason}: {error}", "context": {"weights": weights}}
                failed[image] = content["error"]
                logger.warning("%s", error)
            datastore.save_prediction(image, content)
        return {
            "weights": weights,
            "predicted": len(stale) - len(failed),
            "current": len(datastore.get_unlabeled_images()) - len(stale),
            "failed": failed,
        }

    def stale(self, datastore: FolderStore) -> list[str]:
        """Unlabelled images that the present weights have not seen."""
        weights = self._served.predictor.context["weights"]
        unlabelled = ((image, datastore.prediction_of(image)) for image in datastore.get_unlabeled_images())
        return [image for image, kept in unlabelled if kept.get("context", {}).get("weights") != weights]


class Agreement(ScoringMethod):
    """Compare labels with what was predicted before they came: predictions of labelled images stay as they were."""

    def __init__(self) -> None:
        super().__init__("how often the prediction stored before a label was submitted agrees with it, by weights")

    def __call__(self, request: Mapping[str, Any], datastore: FolderStore) -> dict[str, Any]:
        """By SHA-256 of the weights: ``images``, how many ``agree``, and counts of "label -> predicted"."""
        pairs: dict[str, Counter[str]] = {}
        without = 0
        for image in datastore.get_labeled_images():
            label, kept = datastore.label_of(image), datastore.prediction_of(image)
            outcome = ExamResult.from_json(kept).images[0].outcome if kept and "error" not in kept else None
            if label is None or outcome is None:
                without += 1
                continue
            said = f"{label.class_name} -> {outcome.predicted}"
            pairs.setdefault(kept["context"]["weights"], Counter())[said] += 1
        by_weights = {
            weights: {"images": counts.total(), "agree": _agreeing(counts), "pairs": dict(sorted(counts.items()))}
            for weights, counts in pairs.items()
        }
        return {"weights": by_weights, "without_prediction": without}


def _agreeing(counts: Counter[str]) -> int:
    return sum(count for said, count in counts.items() if len(set(said.split(" -> "))) == 1)
