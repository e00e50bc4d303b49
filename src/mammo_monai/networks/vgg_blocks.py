"""The VGG-like network that Kim (2020) grew in seven steps to tell five kinds of patches apart."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.spatial_size import map_shape


class VggBlocks(nn.Module):
    """Image to class logits.

    ``blocks`` times: two 3x3 convolutions (same padding, ReLU), batch norm, 2x2 max-pooling, dropout; then dense
    ``hidden``, ReLU, dense ``num_classes``. Kernels start He-uniform. Four blocks with batch norm have 9,562,597
    parameters for 3x256x256 images and five classes. Source: "Abnormality Detection in Mammography using Deep
    Learning", 2020, text and Figures 6 and 7 (five classes of DDSM patches, accuracy 0.907). Its seven steps are one,
    two and three blocks with nothing more; three with dropout; with batch norm too; with a kernel regulariser too (see
    :func:`mammo_monai.training.parameter_groups.convolution_decay`); four with dropout and batch norm.

    What the text leaves open and what is done here, as in the Keras baseline that has its structure:

    * The filters double from block to block: 32, 64, 128, 256 (``filters`` is the first number).
    * The dense layer has 128 units, ReLU and neither batch norm nor dropout behind it.
    * The dropout rate is 0.2. Batch norm has PyTorch's momentum and epsilon. Biases start at 0, the last layer's
      kernel Glorot-uniform.
    * Images have three channels, grey repeated, as for every other network here; with one channel give ``in_channels``.
    * The output is logits, not softmax, because cross entropy takes logits.

    Args:
        num_classes: number of logits.
        spatial_size: (rows, columns) of the images, or one number for both; the dense layers fit no other.
        in_channels: channels of the images.
        blocks: number of blocks; the study has one to four.
        filters: of the first block.
        dropout: probability at the end of each block, one number for all or one per block; 0 for none.
        batch_norm: whether a block has batch norm.
        hidden: width of the dense layer.

    Raises:
        MammoError: reason ``spatial-size``, or ``bad-option`` for impossible ``blocks``, ``filters`` or ``dropout``.
    """

    def __init__(
        self,
        num_classes: int = 5,
        spatial_size: int | Sequence[int] = 256,
        in_channels: int = 3,
        blocks: int = 4,
        filters: int = 32,
        dropout: float | Sequence[float] = 0.2,
        batch_norm: bool = True,
        hidden: int = 128,
    ) -> None:
        super().__init__()
        self.backbone_name = "vgg_blocks"
        rates = _rates(dropout, blocks)
        if not isinstance(filters, int) or filters < 1:
            raise MammoError(f"filters={filters!r}: expected a number of filters, 1 or more", "bad-option")
        maps = [filters << i for i in range(blocks)]
        channels, rows, cols = map_shape(lambda r, c: (maps[-1], r >> blocks, c >> blocks), spatial_size)
        widths = zip([in_channels, *maps], maps, rates, strict=False)
        self.backbone = nn.Sequential(
            OrderedDict((f"block{i + 1}", _block(*width, batch_norm)) for i, width in enumerate(widths))
        )
        output = nn.Linear(hidden, num_classes)
        self.head = nn.Sequential(
            OrderedDict(
                flatten=nn.Flatten(),
                dense1=nn.Linear(channels * rows * cols, hidden),
                relu=nn.ReLU(),
                dense2=output,
            )
        )
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                nn.init.kaiming_uniform_(parameter, nonlinearity="relu")
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
        nn.init.xavier_uniform_(output.weight)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits (N, num_classes) of images (N, in_channels, rows, columns), float, normalised."""
        return self.head(self.backbone(image))


def _block(in_channels: int, filters: int, dropout: float, batch_norm: bool) -> nn.Sequential:
    layers = {
        "conv1": nn.Conv2d(in_channels, filters, kernel_size=3, padding=1),
        "relu1": nn.ReLU(),
        "conv2": nn.Conv2d(filters, filters, kernel_size=3, padding=1),
        "relu2": nn.ReLU(),
        **({"norm": nn.BatchNorm2d(filters)} if batch_norm else {}),
        "pool": nn.MaxPool2d(2),
        "dropout": nn.Dropout(dropout),
    }
    return nn.Sequential(OrderedDict(layers))


def _rates(dropout: float | Sequence[float], blocks: int) -> list[float]:
    """One dropout rate per block."""
    whole = isinstance(blocks, int) and blocks > 0
    rates = list(dropout) if isinstance(dropout, Sequence) else [dropout] * blocks if whole else []
    numbers = all(isinstance(rate, int | float) and math.isfinite(rate) and 0 <= rate < 1 for rate in rates)
    if not whole or len(rates) != blocks or not numbers:
        raise MammoError(
            f"blocks={blocks!r}, dropout={dropout!r}: expected a number of blocks, 1 or more, and one dropout rate, "
            "0 or more and less than 1, for all of them or one for each",
            "bad-option",
        )
    return rates
