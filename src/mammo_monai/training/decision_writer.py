"""The handler that fits the decision of weights while their validation part is evaluated."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ignite.engine import Engine

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import decision
from mammo_monai.evaluation.prediction_table import from_predictions
from mammo_monai.evaluation.predictions import write
from mammo_monai.networks.ensemble import Weights, digest
from mammo_monai.training.prediction_writer import PredictionWriter

logger = logging.getLogger(__name__)


class DecisionWriter(PredictionWriter):
    """Writes ``predictions.csv`` of the validation part, and ``decision.json`` beside the weights."""

    def _start(self) -> None:
        self.rows.clear()

    def _finish(self, engine: Engine) -> None:
        weights, tta = self.network
        write(self.folder / "predictions.csv", self.rows, self.class_names)
        fitted = decision.fit(from_predictions(self.rows, self.class_names), weights, tta=tta)
        try:
            logger.info("%s: %s", decision.write(fitted, weights, tta), fitted)
        except MammoError as error:  # weights that many share need not lie where all may write
            logger.warning("%s; the evaluation goes on without a decision", error)


def needs_decision(weights: Weights, tta: str, card: Mapping[str, Any], datalist_digest: str) -> bool:
    """Whether a decision is to be fitted: the weights have none of their own, and this is the list they come from.

    The validation part of another list, or of another fold, may be what they were trained on.

    Args:
        weights: one checkpoint or several.
        tta: the test-time augmentation.
        card: of the weights.
        datalist_digest: of the list whose validation part is at hand.
    """
    if not digest(weights):
        return False
    try:
        if decision.find(weights, tta):
            return False
    except MammoError as error:
        logger.info("%s", error)
    own = bool(card.get("datalist_digest") == datalist_digest)
    if not own:
        logger.info("no decision is fitted: the validation part is not that of the weights' own datalist")
    return own
