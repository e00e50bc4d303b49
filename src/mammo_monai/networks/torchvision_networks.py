"""Any torchvision classification network as it is, with another number of classes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
import torchvision
from torch import fx, nn

from mammo_monai.networks.backbone import backbone as torchvision_backbone
from mammo_monai.networks.layer_graph import LayersOnly
from mammo_monai.networks.output_shape import output_shape
from mammo_monai.networks.spatial_size import map_shape


class TorchvisionClassifier(nn.Module):
    """Image to class logits.

    ``backbone`` is the network up to its last feature map, the same module as that of
    :class:`~mammo_monai.networks.birads_net.BiradsNet`, so that weights go from one to the other; ``head`` is the
    rest: torchvision's own pooling, dropout and dense layers under torchvision's own names, the last one with
    ``num_classes`` outputs. An auxiliary classifier (GoogLeNet, Inception) is left out. Initial values are
    torchvision's.

    Args:
        backbone: name of a torchvision classification network, see :mod:`mammo_monai.networks.backbone`.
        num_classes: number of logits.
        spatial_size: (rows, columns) of the images, or one number for both. The network takes other sizes too, since
            it pools whatever map it gets; the size is looked at so that one too small is known before a training.
        in_channels: channels of the images; other than 3 gives a new first convolution.

    Raises:
        MammoError: unknown backbone, or one without a feature map, or reason ``spatial-size``.
    """

    def __init__(
        self,
        backbone: str = "resnet18",
        num_classes: int = 2,
        spatial_size: int | Sequence[int] = 224,
        in_channels: int = 3,
    ) -> None:
        super().__init__()
        self.backbone_name = backbone
        features = torchvision_backbone(backbone, in_channels)
        map_shape(lambda rows, cols: output_shape(features, in_channels, (rows, cols)), spatial_size)
        self.backbone = features
        self.head = _behind(features, backbone, num_classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits (N, num_classes) of images (N, in_channels, rows, columns), float, normalised."""
        return self.head(self.backbone(image))


def _behind(features: fx.GraphModule, name: str, num_classes: int) -> fx.GraphModule:
    """What the torchvision network ``name`` does with its last feature map: (N, C, H', W') to (N, num_classes)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # GoogLeNet, Inception: initial values may change some day
        network = torchvision.models.get_model(name, weights=None, num_classes=num_classes).eval()
    head = fx.GraphModule(network, LayersOnly().trace(network), class_name="Head")
    nodes = {node.name: node for node in head.graph.nodes}
    image = next(iter(head.graph.nodes))
    with head.graph.inserting_before(image):
        entrance = head.graph.placeholder("features")
    (last,) = features.graph.output_node().all_input_nodes
    nodes[last.name].replace_all_uses_with(entrance)  # both graphs were traced from one forward: names agree
    head.graph.eliminate_dead_code()
    head.graph.erase_node(image)
    head.graph.output_node().type = None  # torchvision annotates another type than a tensor for some
    head.delete_all_unused_submodules()
    head.recompile()
    head.train()
    return head
