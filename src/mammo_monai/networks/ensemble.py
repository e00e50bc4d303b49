"""Several checkpoints of one architecture as one network: the mean of their probabilities."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.card import card
from mammo_monai.networks.checkpoints import Weights, digest, members
from mammo_monai.networks.weights import load_weights

OWN = ("sha256", "replaces", "epoch", "val_", "run_id", "datalist_digest", "mammo_monai")
"""Beginnings of what a card says of one training, and in what those of an ensemble may differ."""


class MeanNetwork(nn.Module):
    """Logits whose softmax is the mean of the members' softmax.

    Args:
        members: modules from (N, channels, rows, columns) to logits (N, num_classes).
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Log of the mean probabilities, (N, num_classes), of images (N, channels, rows, columns)."""
        return log_mean_probability([member(image) for member in self.members])


def log_mean_probability(logits: Sequence[torch.Tensor]) -> torch.Tensor:
    """Log of the mean of softmaxes, (N, C) in float32 at least, of M tensors of logits (N, C)."""
    each = torch.stack([torch.log_softmax(one if one.dtype == torch.float64 else one.float(), 1) for one in logits])
    return torch.logsumexp(each, 0) - math.log(len(logits))


def load_ensemble(network: nn.Module, weights: Weights) -> nn.Module:
    """The network filled from a checkpoint; of several a :class:`MeanNetwork`, of a list of one that one itself.

    Raises:
        MammoError: as of :func:`load_weights`, and of :func:`agreed_card`.
    """
    files = members(weights)
    agreed_card(weights)
    if len(files) == 1:
        return load_weights(network, files[0])
    return MeanNetwork([load_weights(copy.deepcopy(network), file) for file in files])


def agreed_card(weights: Weights) -> dict[str, Any]:
    """The card of a checkpoint; of several what all of them say, with a ``sha256`` of theirs.

    Raises:
        MammoError: members differ in classes, size, preprocessing or anything else but :data:`OWN`
            (``ensemble-differs``), or as of :func:`card`.
    """
    files = members(weights)
    first, *others = (card(str(file)) for file in files)
    if not others:
        return first
    for file, other in zip(files[1:], others, strict=True):
        keys = [key for key in {**first, **other} if not key.startswith(OWN) and first.get(key) != other.get(key)]
        if keys:
            raise MammoError(
                f"{file}: is no network of one ensemble with {files[0]}: their cards differ in {', '.join(keys)}; name "
                "checkpoints of one configuration",
                "ensemble-differs",
            )
    common = {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}
    return {**common, "sha256": digest(weights)} if common else {}
