"""MONAI Label's strategy over one of ours: choose among the unlabelled images by their stored predictions."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from monailabel.interfaces.tasks.strategy import Strategy

from lib import strategies
from lib.store import FolderStore
from mammo_monai import listing
from mammo_monai.evaluation.exam_result import ExamResult


class NextImage(Strategy):
    """The most urgent unlabelled image.

    A strategy that goes by predictions compares the images that have one; while none has, it gives the image that waits
    longest and says so. Images that the network could not use are not asked for.

    Args:
        name: of a module in :mod:`lib.strategies`.
    """

    def __init__(self, name: str) -> None:
        self.name, self._module = name, importlib.import_module(f"{strategies.__name__}.{name}")
        super().__init__(str(self._module.__doc__).splitlines()[0])

    def __call__(self, request: Mapping[str, Any], datastore: FolderStore) -> dict[str, Any]:
        """``id`` of the image, ``by`` what it was chosen, its ``urgency`` and the ``unlabelled`` left; {} for none."""
        labels = map(datastore.label_of, datastore.get_labeled_images())
        labelled = Counter(label.class_name for label in labels if label)
        unlabelled = datastore.get_unlabeled_images()
        kept = {image: datastore.prediction_of(image) for image in unlabelled}
        usable = {image: _probabilities(told, datastore) for image, told in kept.items() if "error" not in told}
        compared = {image: known for image, known in usable.items() if known or not self._module.BY_PREDICTION}
        urgency = {image: self._module.urgency(known, labelled) for image, known in compared.items()}
        if not usable:
            return {}

        def rank(image: str) -> tuple[float, str, str]:
            return -urgency.get(image, 0.0), datastore.waiting_since(image), image

        chosen = min(urgency or usable, key=rank)
        by = self.name if urgency else "oldest, since nothing is predicted yet"
        return {"id": chosen, "by": by, "urgency": urgency.get(chosen), "unlabelled": len(unlabelled)}


def all_strategies() -> dict[str, Strategy]:
    """Every strategy by its name."""
    return {name: NextImage(name) for name in listing.names(strategies.__name__)}


def _probabilities(kept: Mapping[str, Any], datastore: FolderStore) -> Mapping[str, float]:
    """Of one image, calibrated where they are; {} where nothing, or other classes, were predicted."""
    if not kept:
        return {}
    result = ExamResult.from_json(kept)
    outcome = result.images[0].outcome
    if outcome is None or result.classes != datastore.rule.label_map.classes:
        return {}
    return outcome.calibrated or outcome.probabilities
