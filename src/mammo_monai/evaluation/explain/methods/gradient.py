"""Gradient of the class score by the pixels: its largest magnitude over the channels (arXiv:1312.6034, 2013)."""

from __future__ import annotations

import torch
from monai.visualize.gradient_based import VanillaGrad
from torch import nn


def saliency(network: nn.Module, image: torch.Tensor, class_index: int) -> torch.Tensor:
    """See :mod:`mammo_monai.evaluation.explain.methods`."""
    return VanillaGrad(network)(image.clone(), class_index)[0].abs().amax(0)
