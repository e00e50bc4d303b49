"""Early stopping that survives a resume."""

from __future__ import annotations

from typing import Any

from ignite.engine import Engine, Events
from ignite.handlers import EarlyStopping


class StopEarly:
    """Stop the trainer when a validation metric has not fallen for ``patience`` validations.

    Attached to the trainer (behind the ``ValidationHandler``), so that no configuration needs a circular reference
    between trainer and evaluator, and with a state that a checkpoint can hold.

    Args:
        evaluator: engine whose ``state.metrics`` is read.
        patience: validations without improvement before the training stops.
        metric: name of a metric that is better when smaller.
    """

    def __init__(self, evaluator: Engine, patience: int, metric: str = "loss") -> None:
        self.evaluator = evaluator
        self.patience = patience
        self.metric = metric
        self._state: dict[str, Any] = {}
        self._stopper: EarlyStopping | None = None

    def attach(self, trainer: Engine) -> None:
        self._stopper = EarlyStopping(
            patience=self.patience, score_function=lambda _: -self.evaluator.state.metrics[self.metric], trainer=trainer
        )
        if self._state:
            self._stopper.load_state_dict(self._state)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, self._ask)

    def _ask(self, trainer: Engine) -> None:
        if self._stopper and self.evaluator.state.epoch == trainer.state.epoch:  # validated in this epoch
            self._stopper(self.evaluator)

    def state_dict(self) -> dict[str, Any]:
        return dict(self._stopper.state_dict()) if self._stopper else self._state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._state = state
        if self._stopper:
            self._stopper.load_state_dict(state)
