"""The handler that turns an evaluator's outputs and the truth into an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ignite.engine import Engine

from mammo_monai.evaluation.decisions.plan import Plan
from mammo_monai.evaluation.written import write_evaluation
from mammo_monai.networks.checkpoints import Weights
from mammo_monai.training.decision_writer import fit_beside
from mammo_monai.training.prediction_writer import PredictionWriter, with_decision


class EvaluationWriter(PredictionWriter):
    """As :class:`PredictionWriter`, but with truth: writes the whole evaluation and keeps its ``metrics``.

    Args:
        output_dir, class_names, context, weights, tta: as there.
        plan: of the decision to fit on these rows, before it decides about them: those of the validation part of the
            weights' own datalist. None takes the decision that lies beside the weights.
    """

    metrics: Mapping[str, Any] = {}

    def __init__(
        self,
        output_dir: str,
        class_names: Sequence[str],
        context: Mapping[str, Any],
        weights: Weights = "none",
        tta: str = "none",
        plan: Plan | None = None,
    ) -> None:
        super().__init__(output_dir, class_names, context, weights, tta)
        self.plan = plan

    def _start(self) -> None:
        if self.plan is None:
            super()._start()
        else:
            self.rows.clear()

    def _finish(self, engine: Engine) -> None:
        if self.plan is not None:
            self._decide_by(fit_beside(*self.network, self.plan, self.rows, self.class_names))
            self.rows = [with_decision(row, self.decision) for row in self.rows]
        self.metrics = write_evaluation(self.folder, self.rows, self.class_names, self.context)
