"""The shape of a network's feature map, without computing the map."""

from __future__ import annotations

import copy

import torch
from torch import nn


def output_shape(features: nn.Module, in_channels: int, size: tuple[int, int]) -> tuple[int, int, int]:
    """Shape of the feature map of one image, found without computing it (meta tensors).

    Args:
        features: module from (N, in_channels, H, W) to (N, C, H', W').
        in_channels: channels of the image.
        size: (rows, columns) of the image.

    Returns:
        (C, H', W'); (0, 0, 0) for an image too small to pass through.
    """
    probe = copy.deepcopy(features).to("meta").eval()
    try:
        _, channels, height, width = probe(torch.empty(1, in_channels, *size, device="meta")).shape
    except RuntimeError:  # a kernel larger than its input
        return 0, 0, 0
    return channels, height, width
