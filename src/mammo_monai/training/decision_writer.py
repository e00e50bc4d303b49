"""The handler that fits the decision of weights on predictions of their validation part."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from ignite.engine import Engine

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions import storage
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.decisions.fitting import fit
from mammo_monai.evaluation.decisions.plan import Plan
from mammo_monai.evaluation.prediction_table import from_predictions
from mammo_monai.evaluation.predictions import Prediction, write
from mammo_monai.networks.checkpoints import Weights, digest
from mammo_monai.training.prediction_writer import PredictionWriter

logger = logging.getLogger(__name__)


class DecisionWriter(PredictionWriter):
    """Writes ``predictions.csv`` of the validation part, and ``decision.json`` beside the weights.

    Args:
        output_dir: where to write the table.
        class_names: in the order of the network's outputs.
        weights: that predict, one checkpoint or several.
        tta: the test-time augmentation in use.
        plan: what the decision is asked to be.
    """

    def __init__(self, output_dir: str, class_names: Sequence[str], weights: Weights, tta: str, plan: Plan) -> None:
        super().__init__(output_dir, class_names, {}, weights, tta)
        self.plan = plan

    def _start(self) -> None:
        self.rows.clear()

    def _finish(self, engine: Engine) -> None:
        write(self.folder / "predictions.csv", self.rows, self.class_names)
        fit_beside(*self.network, self.plan, self.rows, self.class_names)


def fit_beside(
    weights: Weights, tta: str, plan: Plan, rows: Sequence[Prediction], class_names: Sequence[str]
) -> Decision | None:
    """Fit a decision on predictions of the validation part and write it beside the weights.

    Returns:
        the decision; None where it cannot be written, which is a warning.

    Raises:
        MammoError: validation has no row to fit on, or does not give the operating point that is to decide.
    """
    fitted = fit(from_predictions(rows, class_names), weights, plan, tta)
    try:
        logger.info("%s: %s", storage.write(fitted, weights, tta), fitted)
    except MammoError as error:  # weights that many share need not lie where all may write
        logger.warning("%s; the evaluation goes on without a decision", error)
        return None
    return fitted


def needs_decision(weights: Weights, tta: str, card: Mapping[str, Any], datalist_digest: str, plan: Plan) -> bool:
    """Whether a decision is to be fitted: the weights have none as it is asked for, and this is the list they are of.

    The validation part of another list, or of another fold, may be what they were trained on.

    Args:
        weights: one checkpoint or several.
        tta: the test-time augmentation.
        card: of the weights.
        datalist_digest: of the list whose validation part is at hand.
        plan: what is asked for.
    """
    if not digest(weights):
        return False
    try:
        found = storage.find(weights, tta)
    except MammoError as error:
        logger.info("%s", error)
        found = None
    if found and found.plan == plan:
        return False
    own = bool(card.get("datalist_digest") == datalist_digest)
    if not own:
        logger.info("no decision is fitted: the validation part is not that of the weights' own datalist")
    if found:
        fate = "is replaced" if own else "stays"
        logger.warning("the stored decision, which calls %s, %s: another is asked for, %s", found.calls, fate, plan)
    return own
