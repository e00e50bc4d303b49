"""The small convolutional network that Ao and Zhang (UIUC, 2019) compare AlexNet and ResNet-18 with."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

from mammo_monai.networks.spatial_size import map_shape

FILTERS = 32
BLOCKS = 3


class BaselineCnn(nn.Module):
    """Image to class logits.

    Three blocks of convolution (32 filters, 3x3), batch norm, ReLU and max-pooling, then dense 512, ReLU, dense 128,
    ReLU, dense ``num_classes``. At 3x224x224 the flattened vector has 28x28x32 = 25,088 elements, and the network has
    12,931,074 parameters for two classes. Source: section 4.1 of "Mammography Classification Using Deep Learning
    Methods" (benign against malignant masses of CBIS-DDSM, validation accuracy 0.629).

    What the paper leaves open and what is done here: convolutions keep the map's size (padding 1) and have a bias,
    max-pooling is 2x2, there is no dropout, initial values are PyTorch's, the output is logits because cross entropy
    takes logits.

    Args:
        num_classes: number of logits.
        spatial_size: (rows, columns) of the images, or one number for both; the dense layers fit no other.
        in_channels: channels of the images.

    Raises:
        MammoError: reason ``spatial-size``.
    """

    def __init__(self, num_classes: int = 2, spatial_size: int | Sequence[int] = 224, in_channels: int = 3) -> None:
        super().__init__()
        self.backbone_name = "baseline_cnn"
        channels, rows, cols = map_shape(lambda r, c: (FILTERS, r >> BLOCKS, c >> BLOCKS), spatial_size)
        self.backbone = nn.Sequential(
            OrderedDict((f"block{i + 1}", _block(FILTERS if i else in_channels)) for i in range(BLOCKS))
        )
        self.head = nn.Sequential(
            OrderedDict(
                flatten=nn.Flatten(),
                dense1=nn.Linear(channels * rows * cols, 512),
                relu1=nn.ReLU(),
                dense2=nn.Linear(512, 128),
                relu2=nn.ReLU(),
                dense3=nn.Linear(128, num_classes),
            )
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits (N, num_classes) of images (N, in_channels, rows, columns), float, normalised."""
        return self.head(self.backbone(image))


def _block(in_channels: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(in_channels, FILTERS, kernel_size=3, padding=1),
            norm=nn.BatchNorm2d(FILTERS),
            relu=nn.ReLU(),
            pool=nn.MaxPool2d(2),
        )
    )
