"""Class weights of the cross entropy, computed from the training list."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mammo_monai.errors import MammoError


def class_weights(
    setting: str | Sequence[float], counts: Sequence[int], device: str | torch.device = "cpu"
) -> Tensor | None:
    """Weights for ``torch.nn.CrossEntropyLoss``.

    Args:
        setting: ``"none"``, ``"balanced"`` (N / (C * count), as scikit-learn defines it) or one number per class.
        counts: training images per class, in class order; none may be 0.
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
    return torch.tensor(weights, dtype=torch.float32, device=device)
