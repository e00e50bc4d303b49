"""The handler that turns an evaluator's outputs into the files of an inference; those that know truth build on it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions.calling import decide
from mammo_monai.evaluation.decisions.decision import Decision
from mammo_monai.evaluation.decisions.storage import find, path_of
from mammo_monai.evaluation.exams import exam_results, write_exams
from mammo_monai.evaluation.identity import identify
from mammo_monai.evaluation.predictions import Prediction, write
from mammo_monai.networks.checkpoints import Weights

logger = logging.getLogger(__name__)
UNDECIDED = "none: the most probable class is named, whatever its probability"


class PredictionWriter:
    """Collects one :class:`Prediction` per image or patch; at the end writes ``predictions.csv`` and one JSON per exam.

    When the evaluator starts the decision of the weights is read, so that one of other weights is known before hours
    of inference. Without one the most probable class is all there is, and the log and every JSON say so.

    Args:
        output_dir: where to write.
        class_names: in the order of the network's outputs.
        context: what the predictions are predictions of; printed into every JSON.
        weights: that predict, one checkpoint or several; beside them lies their decision.
        tta: the test-time augmentation in use.
    """

    def __init__(
        self,
        output_dir: str,
        class_names: Sequence[str],
        context: Mapping[str, Any],
        weights: Weights = "none",
        tta: str = "none",
    ) -> None:
        self.folder = Path(output_dir)
        self.class_names = list(class_names)
        self.context = {key: str(value) for key, value in context.items()}
        self.network = (weights, tta)
        self.rows: list[Prediction] = []
        self.decision: Decision | None = None

    def attach(self, engine: Engine) -> None:
        engine.add_event_handler(Events.STARTED, lambda _: self._start())
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.COMPLETED, self._finish)
        engine.add_event_handler(Events.EXCEPTION_RAISED, self._abort)

    def _start(self) -> None:
        self.rows.clear()
        self._decide_by(decision_of(*self.network, self.class_names))

    def _decide_by(self, decision: Decision | None) -> None:
        self.decision = decision
        self.context["decision"] = str(decision or UNDECIDED)
        logger.info("decision: %s", self.context["decision"])

    def _collect(self, engine: Engine) -> None:
        for item, output in zip(engine.state.batch, engine.state.output, strict=True):
            self.rows.append(prediction(item, output["pred"], self.class_names, self.decision))

    def _abort(self, engine: Engine, error: BaseException) -> None:
        """Keep what was predicted before a crash or Ctrl-C."""
        write(self.folder / "predictions.csv", self.rows, self.class_names)
        raise error

    def _finish(self, engine: Engine) -> None:
        write(self.folder / "predictions.csv", self.rows, self.class_names)
        write_exams(self.folder / "exams", exam_results(self.rows, self.class_names, self.context, self.decision))


def decision_of(weights: Weights, tta: str, class_names: Sequence[str]) -> Decision | None:
    """The decision beside the weights, None where there is none.

    Raises:
        MammoError: it is damaged, of other weights, or between other classes than the network's.
    """
    found = find(weights, tta)
    if found and list(found.class_names) != list(class_names):
        theirs, ours = (", ".join(names) for names in (found.class_names, class_names))
        raise MammoError(
            f"{path_of(weights, tta)}: decides between {theirs}, the network between {ours}; "
            "evaluate the weights on their validation part again",
            "other-classes",
        )
    return found


def prediction(
    item: Mapping[str, Any], scores: torch.Tensor, class_names: Sequence[str], decision: Decision | None
) -> Prediction:
    """The row of one item.

    Args:
        item: of a batch, from a datalist or from :class:`mammo_monai.training.fault_tolerant.FaultTolerantDataset`.
        scores: (C,) probabilities; not looked at when the item has an error.
        class_names: in their order.
        decision: of the weights.
    """
    error = item.get("error", "")
    if not error and not torch.isfinite(scores).all():
        error = f"not-finite: {item['path']}: the network gave {scores.tolist()}; try --engine torch and --amp False"
    made = Prediction(
        **(item["identity"] if "identity" in item else identify(item, item["image"].meta)),
        label=class_names[int(item["label"])] if "label" in item else "",
        probabilities=() if error else tuple(scores.float().cpu().tolist()),
        error=error,
        box=tuple(int(edge) for edge in item.get("box", ())),
        turn=int(item.get("turn", 0)),
        finding=str(int(item["finding"])) if "finding" in item else "",
    )
    return with_decision(made, decision)


def with_decision(row: Prediction, decision: Decision | None) -> Prediction:
    """The row with what the decision calls it; as it is where it has an error or nothing decides."""
    if row.error or decision is None:
        return row
    (called,) = decide(np.array([row.probabilities]), decision).called
    return replace(row, decision=called)
