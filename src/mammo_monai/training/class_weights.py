"""Class weights of the cross entropy, computed from the training list."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import torch
from torch import Tensor

from mammo_monai.errors import MammoError

logger = logging.getLogger(__name__)


def class_weights(
    setting: str | Sequence[float], counts: Sequence[int], device: str | torch.device = "cpu"
) -> Tensor | None:
    """Weights for ``torch.nn.CrossEntropyLoss``, which the log shows.

    Args:
        setting: ``"none"``, ``"balanced"`` (N / (C * count), as scikit-learn defines it) or one number per class.
        counts: training images or patches per class, in class order; none may be 0.
        device: of the training.

    Returns:
        (C,) float32 weights, or None for ``"none"``.
    """
    if setting == "none":
        return None
    if setting == "balanced":
        weights = [sum(counts) / (len(counts) * count) for count in counts]
    elif isinstance(setting, str) or len(setting) != len(counts):
        raise MammoError(
            f"class_weights {setting!r}: expected none, balanced or {len(counts)} numbers, one per class", "bad-option"
        )
    else:
        weights = [float(weight) for weight in setting]
    shown = ", ".join(f"{weight:.3f}" for weight in weights)
    logger.info("class weights %s for %s images per class", shown, ", ".join(map(str, counts)))
    return torch.tensor(weights, dtype=torch.float32, device=device)
