"""Gradients of noisy copies of the image, their root mean square (Smilkov 2017, arXiv:1706.03825)."""

from __future__ import annotations

import torch
from monai.visualize.gradient_based import SmoothGrad
from torch import nn

SPREAD, SAMPLES = 0.15, 25
"""Standard deviation of the noise as a share of the image's range, within the paper's 0.1 to 0.2; noisy copies."""


def saliency(network: nn.Module, image: torch.Tensor, class_index: int) -> torch.Tensor:
    """See :mod:`mammo_monai.evaluation.explain.methods`; the noise is the same each time."""
    smooth = SmoothGrad(network, stdev_spread=SPREAD, n_samples=SAMPLES, verbose=False)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return smooth(image, class_index)[0].amax(0)
