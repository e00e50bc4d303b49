"""Early stopping that survives a resume."""

from __future__ import annotations

from collections.abc import Callable
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

    Attributes:
        stop: what is done with the trainer then: it is terminated, unless a handler of several phases has put its own
            function here.
    """

    def __init__(self, evaluator: Engine, patience: int, metric: str = "loss") -> None:
        self.evaluator = evaluator
        self.patience = patience
        self.metric = metric
        self.stop: Callable[[Engine], object] = Engine.terminate
        self._asked = Engine(lambda *_: None)  # is terminated in place of the trainer
        self.reset()

    def attach(self, trainer: Engine) -> None:
        trainer.add_event_handler(Events.EPOCH_COMPLETED, self._ask)

    def _ask(self, trainer: Engine) -> None:
        if self.evaluator.state.epoch != trainer.state.epoch:  # not validated in this epoch
            return
        self._stopper(self.evaluator)
        if self._asked.should_terminate:
            self._asked.should_terminate = False
            self.stop(trainer)

    def reset(self) -> None:
        """Forget the best value and the count."""
        self._stopper = EarlyStopping(
            patience=self.patience,
            score_function=lambda _: -self.evaluator.state.metrics[self.metric],
            trainer=self._asked,
        )

    def state_dict(self) -> dict[str, Any]:
        return dict(self._stopper.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._stopper.load_state_dict(state)
