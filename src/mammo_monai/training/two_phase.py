"""Two phases in one training: first all but the pretrained backbone, then everything at a lower rate."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import torch
from ignite.engine import Engine, Events
from torch import nn
from torch.utils.hooks import RemovableHandle

from mammo_monai.errors import MammoError
from mammo_monai.training.checkpoint import plain
from mammo_monai.training.early_stop import StopEarly

logger = logging.getLogger(__name__)

FROZEN, UNFROZEN = 1, 2
"""The phases, as the metric ``phase`` names them."""


class TwoPhase:
    """Keep the network's backbone frozen until early stop or for some epochs, then train all of it.

    Frozen is frozen in full: the backbone's parameters get no gradient, and its modules are in evaluation mode
    whenever it runs, so that batch norm uses and keeps the statistics of the pretraining and dropout is off. (With
    statistics that go on moving, a "frozen" backbone changes its output; seed 004, whose two phases these are, does
    not say what it did.) A stem before the backbone and the head are trained in both phases.

    At the start of the next epoch after the first phase has ended, the learning rate becomes
    ``unfrozen_learning_rate``, the optimiser forgets its moments and the early stop its best value; network, step
    axis and best checkpoint go on. Early stop ends the training in the second phase only.

    Attached to the trainer behind the early stop and before history and checkpoint.

    Args:
        network: has a child ``backbone``; may be wrapped for distributed training.
        optimizer: of all the network's parameters.
        early_stop: the training's; ends the first phase.
        frozen_epochs: the most epochs of the first phase; 0 trains everything from the start at the optimiser's own
            rate, in one phase.
        unfrozen_learning_rate: of the second phase, in every parameter group.

    Raises:
        MammoError: reason ``bad-option``.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        early_stop: StopEarly,
        frozen_epochs: int,
        unfrozen_learning_rate: float = 1e-5,
    ) -> None:
        if frozen_epochs < 0 or unfrozen_learning_rate <= 0:
            raise MammoError(
                f"frozen_epochs {frozen_epochs!r} and unfrozen_learning_rate {unfrozen_learning_rate!r}: expected 0 or "
                "more epochs and a positive rate",
                reason="bad-option",
            )
        self.backbone = plain(network).backbone
        self.optimizer = optimizer
        self.early_stop = early_stop
        self.frozen_epochs = frozen_epochs
        self.unfrozen_learning_rate = unfrozen_learning_rate
        self.phase = FROZEN if frozen_epochs else UNFROZEN
        self.ended = False
        self._still: RemovableHandle | None = None

    def attach(self, trainer: Engine) -> None:
        self.early_stop.stop = self._end
        trainer.add_event_handler(Events.STARTED, self._freeze)
        trainer.add_event_handler(Events.EPOCH_STARTED, self._begin)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, self._count)

    def state_dict(self) -> dict[str, int | bool]:
        """The phase, and whether it has ended with the epoch that was last."""
        return {"phase": self.phase, "ended": self.ended}

    def load_state_dict(self, state: Mapping[str, int | bool]) -> None:
        """Go on in the stored phase."""
        self.phase, self.ended = int(state["phase"]), bool(state["ended"])

    def _freeze(self, trainer: Engine) -> None:
        if self.phase == FROZEN:
            self._still = self.backbone.register_forward_pre_hook(_keep_still)
            self._train_backbone(trainer, False)

    def _begin(self, trainer: Engine) -> None:
        if self.ended:
            self.phase, self.ended = UNFROZEN, False
            if self._still:
                self._still.remove()
            self._train_backbone(trainer, True)
            self.optimizer.state.clear()
            for group in self.optimizer.param_groups:
                group["lr"] = self.unfrozen_learning_rate
            self.early_stop.reset()
            logger.info("epoch %d: the backbone is trained as well from here", trainer.state.epoch)
        trainer.state.phase = self.phase

    def _count(self, trainer: Engine) -> None:
        if self.phase == FROZEN and trainer.state.epoch >= self.frozen_epochs:
            self.ended = True

    def _end(self, trainer: Engine) -> None:
        if self.phase == FROZEN:
            self.ended = True
        else:
            trainer.terminate()

    def _train_backbone(self, trainer: Engine, trained: bool) -> None:
        for parameter in self.backbone.parameters():
            parameter.requires_grad = trained
        wrapped = trainer.network
        if isinstance(wrapped, nn.parallel.DistributedDataParallel):
            # It decides when it is made which gradients to wait for.
            trainer.network = nn.parallel.DistributedDataParallel(wrapped.module, device_ids=wrapped.device_ids)


def _keep_still(backbone: nn.Module, inputs: object) -> None:
    """Engines call ``train()`` on the whole network in every iteration."""
    if backbone.training:
        backbone.eval()
