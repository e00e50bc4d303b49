"""The classifier of seed 004: stages that shrink large images, a torchvision backbone, dense layers 512 and 32."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.backbone import backbone as torchvision_backbone
from mammo_monai.networks.output_shape import output_shape
from mammo_monai.networks.spatial_size import map_shape

CHANNELS = 3
STAGE_FILTERS = 16
AFTER_FILTERS = 256
HIDDEN = (512, 32)


class Staged(nn.Module):
    """Image to class logits.

    ``stem``: ``stages_before`` times (3x3 convolution to 16 maps, ReLU, 3x3 convolution to 3 maps, 2x2 max-pooling) ->
    ``backbone``: a torchvision network up to its last feature map -> ``head``: ``convolutions_after`` times (3x3
    convolution to 256 maps, ReLU), global average pooling, dropout, dense 512, ReLU, dropout, dense 32, ReLU, dense
    ``num_classes``. Source: "A divide and conquer approach to maximise deep learning mammography classification
    accuracies", 2023: Figure 6 and text.

    What the paper leaves open and what is done here:

    * A stage starts as the identity and so as mere max-pooling: six of its 16 maps carry the channels and their
      negatives past the ReLU, and the second convolution puts these together again and takes nothing of the other
      ten yet (Net2Net, arXiv:1511.05641). Before a backbone of ImageNet weights, random stages would be noise that a
      first phase with this backbone frozen would have to undo. Three channels come out, because ImageNet weights
      want three.
    * The feature map is pooled to one vector (the paper flattens it: 67 million parameters with VGG19 at 512 x 512,
      and weights that fit one size of image alone).
    * The output is one logit per class (text: "2 output neurons"), because cross entropy takes logits.
    * Initial values are PyTorch's and torchvision's elsewhere.

    Args:
        backbone: name of a torchvision classification network, see :mod:`mammo_monai.networks.backbone`.
        num_classes: number of logits.
        spatial_size: (rows, columns) of the images, or one number for both. The network takes other sizes too; the
            size is looked at so that one too small is known before a training.
        stages_before: each halves rows and columns; the paper has 1 at 1024 and 2 at 2048.
        convolutions_after: the paper's figure has some in some models and gives no numbers.
        dropout: probability, of both dropouts.

    Raises:
        MammoError: unknown backbone, or one without a feature map; ``spatial-size`` malformed or too small; a number
            of layers or a probability that cannot be (``bad-option``).
    """

    def __init__(
        self,
        backbone: str = "vgg19",
        num_classes: int = 2,
        spatial_size: int | Sequence[int] = 512,
        stages_before: int = 0,
        convolutions_after: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if stages_before < 0 or convolutions_after < 0 or not 0 <= dropout < 1:
            raise MammoError(
                f"stages_before {stages_before!r}, convolutions_after {convolutions_after!r}, dropout {dropout!r}: "
                "expected 0 or more layers and a probability below 1",
                "bad-option",
            )
        self.backbone_name = backbone
        features = torchvision_backbone(backbone)
        probe = copy.deepcopy(features).to("meta")  # once, for all the sizes to try

        def shape(rows: int, cols: int) -> tuple[int, int, int]:
            return output_shape(probe, CHANNELS, (rows >> stages_before, cols >> stages_before))

        channels, _, _ = map_shape(shape, spatial_size)
        self.stem = nn.Sequential(OrderedDict((f"stage{i + 1}", _stage()) for i in range(stages_before)))
        self.backbone = features
        widths = [channels, *[AFTER_FILTERS] * convolutions_after]
        after = [layer for i, o in pairwise(widths) for layer in (nn.Conv2d(i, o, kernel_size=3, padding=1), nn.ReLU())]
        self.head = nn.Sequential(
            OrderedDict(
                convolutions=nn.Sequential(*after),
                pool=nn.AdaptiveAvgPool2d(1),
                flatten=nn.Flatten(),
                dropout1=nn.Dropout(dropout),
                dense1=nn.Linear(widths[-1], HIDDEN[0]),
                relu1=nn.ReLU(),
                dropout2=nn.Dropout(dropout),
                dense2=nn.Linear(*HIDDEN),
                relu2=nn.ReLU(),
                dense3=nn.Linear(HIDDEN[1], num_classes),
            )
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits (N, num_classes) of images (N, 3, rows, columns), float, normalised."""
        return self.head(self.backbone(self.stem(image)))


def _stage() -> nn.Sequential:
    """Two convolutions that together do nothing yet, and a pooling."""
    first = nn.Conv2d(CHANNELS, STAGE_FILTERS, kernel_size=3, padding=1)
    second = nn.Conv2d(STAGE_FILTERS, CHANNELS, kernel_size=3, padding=1)
    with torch.no_grad():
        for tensor in (first.weight[: 2 * CHANNELS], first.bias, second.weight, second.bias):
            if tensor is not None:
                tensor.zero_()
        for channel in range(CHANNELS):
            for filter_, sign in ((channel, 1.0), (CHANNELS + channel, -1.0)):  # relu(x) - relu(-x) = x
                first.weight[filter_, channel, 1, 1] = sign
                second.weight[channel, filter_, 1, 1] = sign
    return nn.Sequential(OrderedDict(conv1=first, relu=nn.ReLU(), conv2=second, pool=nn.MaxPool2d(2)))
