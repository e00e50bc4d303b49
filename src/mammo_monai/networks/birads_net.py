"""The BI-RADS classifier of Hanoi Medical University: an ImageNet backbone and a small convolutional head."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.backbone import backbone as torchvision_backbone
from mammo_monai.networks.output_shape import output_shape
from mammo_monai.networks.spatial_size import map_shape


class BiradsNet(nn.Module):
    """Image to class logits.

    Features of a torchvision backbone -> 3x3 convolution to ``maps`` maps -> 2x2 max-pooling -> flatten ->
    batch norm, dropout, dense ``hidden``, ReLU -> batch norm, dropout, dense ``num_classes``. At 512x512 with
    "resnet50" the features are 2048x16x16, the flattened vector has 8x8x32 = 2048 elements, and the network
    has 24,167,715 parameters for three classes. Source: Figure 7 and text of the Hanoi Medical University
    study of BI-RADS 045 / 1 / 23 with ResNet-50 (macAUC 0.754), which says 24 million parameters.

    What the paper leaves open and what is done here:

    * The 3x3 convolution has a bias, keeps the map's size (the 8x8 after pooling demands it) and has no
      activation: none is drawn, Keras, which the paper used, adds none, and max-pooling is itself non-linear.
    * Dropout is 0.5. Batch norm has PyTorch's momentum and epsilon.
    * The output is logits, not the paper's softmax, because cross entropy takes logits.
    * The paper's "4,000,000 trainable parameters" are not named. Training ``["backbone.layer4.2.conv2",
      "backbone.layer4.2.bn2", "backbone.layer4.2.conv3", "backbone.layer4.2.bn3", "head"]`` gives 4,072,675.

    A part that is not trained is frozen in full: its parameters get no gradient, and its modules stay in
    evaluation mode under :meth:`train`, so that its batch norm statistics do not move and its dropout is off.
    In training a batch needs two images or more (batch norm).

    Args:
        backbone: name of a torchvision classification network, see :mod:`mammo_monai.networks.backbone`.
        num_classes: number of logits.
        spatial_size: (rows, columns) of the images, or one number for both; the dense layers fit no other.
        in_channels: channels of the images.
        maps: feature maps of the 3x3 convolution.
        hidden: width of the first dense layer.
        dropout: probability, of both dropouts.
        trainable: "all", or one or several prefixes of module names: "head", ["backbone.layer4", "head"].

    Raises:
        MammoError: unknown backbone, ``spatial_size`` malformed or too small (``spatial-size``), or a prefix
            in ``trainable`` that no parameter has (``trainable``).
    """

    def __init__(
        self,
        backbone: str = "resnet50",
        num_classes: int = 3,
        spatial_size: int | Sequence[int] = 512,
        in_channels: int = 3,
        maps: int = 32,
        hidden: int = 32,
        dropout: float = 0.5,
        trainable: str | Sequence[str] = "all",
    ) -> None:
        super().__init__()
        self.backbone_name = backbone
        self.backbone = torchvision_backbone(backbone, in_channels)
        probe = copy.deepcopy(self.backbone).to("meta")  # once, for all the sizes to try

        def pooled(rows: int, cols: int) -> tuple[int, int, int]:
            channels, height, width = output_shape(probe, in_channels, (rows, cols))
            return channels, height // 2, width // 2

        channels, rows, cols = map_shape(pooled, spatial_size)
        self.head = nn.Sequential(
            OrderedDict(
                conv=nn.Conv2d(channels, maps, kernel_size=3, padding=1),
                pool=nn.MaxPool2d(2),
                flatten=nn.Flatten(),
                norm1=nn.BatchNorm1d(maps * rows * cols),
                dropout1=nn.Dropout(dropout),
                dense1=nn.Linear(maps * rows * cols, hidden),
                relu=nn.ReLU(),
                norm2=nn.BatchNorm1d(hidden),
                dropout2=nn.Dropout(dropout),
                dense2=nn.Linear(hidden, num_classes),
            )
        )
        self.trainable = _prefixes(self, trainable)
        for name, parameter in self.named_parameters():
            parameter.requires_grad = _within(name, self.trainable)
        self.train()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits (N, num_classes) of images (N, in_channels, rows, columns), float, normalised."""
        return self.head(self.backbone(image))

    def train(self, mode: bool = True) -> BiradsNet:
        """Set training or evaluation mode; frozen parts stay in evaluation mode."""
        super().train(mode)
        for name, module in self.named_modules():
            module.training = mode and (name == "" or _within(name, self.trainable))
        return self


def _prefixes(network: nn.Module, trainable: str | Sequence[str]) -> list[str]:
    """``trainable`` as module-name prefixes, each of which names at least one parameter."""
    everything = [name for name, _ in network.named_children()]
    given = [trainable] if isinstance(trainable, str) else list(trainable)
    prefixes = everything if given == ["all"] else given
    names = [name for name, _ in network.named_parameters()]
    unknown = [prefix for prefix in prefixes if not any(_within(name, [prefix]) for name in names)]
    if unknown or not prefixes:
        choices = sorted({".".join(name.split(".")[:2]) for name in names if name.count(".") > 1} | set(everything))
        raise MammoError(
            f"trainable: no parameter is named {', '.join(unknown) or 'by an empty list'}; "
            f"use 'all' or any of {', '.join(choices)}",
            "trainable",
        )
    return prefixes


def _within(name: str, prefixes: Sequence[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)
