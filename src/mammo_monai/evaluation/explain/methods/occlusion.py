"""Loss of the class's probability when a part of the image is faded out (Zeiler 2013, arXiv:1311.2901).

Faded to 0, the mean of a z-scored image, by a Gaussian: a square of one grey level would itself be an object. What
the network makes of dark air that turns grey can still show, so maps outside the breast mean little.
"""

from __future__ import annotations

import warnings

import torch
from monai.visualize.occlusion_sensitivity import OcclusionSensitivity
from torch import nn

SQUARES, OVERLAP = 8, 0.5
"""Places side by side along each axis, and how much of one the next overlaps."""


def saliency(network: nn.Module, image: torch.Tensor, class_index: int) -> torch.Tensor:
    """See :mod:`mammo_monai.evaluation.explain.methods`."""
    occlusion = OcclusionSensitivity(
        network,
        mask_size=[max(1, side // SQUARES) for side in image.shape[2:]],
        mode="gaussian",
        overlap=OVERLAP,
        activate=_probabilities,
        verbose=False,
    )
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using a non-tuple sequence")  # in MONAI, of lists of slices
        whole = _probabilities(network(image))[0, class_index]
        occluded = occlusion(image)[0].as_tensor()[0, class_index]
    return (whole - occluded).clamp(min=0)


def _probabilities(logits: torch.Tensor) -> torch.Tensor:
    return logits.softmax(1)
