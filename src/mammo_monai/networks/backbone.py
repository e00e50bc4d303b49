"""The convolutional part of any torchvision classification network, by its name."""

from __future__ import annotations

import warnings

import torchvision
from torch import fx, nn

from mammo_monai.errors import MammoError
from mammo_monai.names import nearest
from mammo_monai.networks.layer_graph import LayersOnly, last_growing_map


def backbone(name: str, in_channels: int = 3) -> fx.GraphModule:
    """Features of a torchvision classification network, without its pooling and its classifier.

    The layers stay torchvision's own modules under torchvision's own names, so that the keys of the state
    dict are those of torchvision's weight files. The result can be scripted, exported to ONNX and wrapped for
    distributed training. Nothing is downloaded: the parameters are torchvision's random initial values.

    Args:
        name: as in ``torchvision.models.list_models(torchvision.models)``, for example "resnet50".
        in_channels: channels of the image; other than 3 gives a new first convolution.

    Returns:
        module from (N, in_channels, H, W) to (N, C, H', W'), float; see
        :func:`~mammo_monai.networks.output_shape.output_shape` for C, H', W'.

    Raises:
        MammoError: the name is unknown (``backbone-unknown``) or the network has no map that grows with its
            image, such as a vision transformer of one fixed image size (``backbone-no-map``).
    """
    names = torchvision.models.list_models(torchvision.models)
    if name not in names:
        raise MammoError(f"backbone '{name}' is unknown to torchvision; {nearest(name, names)}", "backbone-unknown")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # GoogLeNet, Inception: initial values may change some day
        network = torchvision.models.get_model(name, weights=None).eval()
    if hasattr(network, "transform_input"):
        network.transform_input = in_channels == 3  # GoogLeNet, Inception: torchvision sets it with the weights only
    if in_channels != 3:
        _replace_first_convolution(network, in_channels)
    graph = LayersOnly().trace(network)
    end = last_growing_map(fx.GraphModule(network, graph), in_channels)
    if end is None:
        raise MammoError(
            f"backbone '{name}' has no feature map for images of any size; use one that has, "
            "for example resnet50, densenet121, efficientnet_b0 or swin_t",
            "backbone-no-map",
        )
    output = graph.output_node()
    output.args = (next(node for node in graph.nodes if node.name == end),)
    output.type = None  # torchvision annotates another type than a tensor for some
    graph.eliminate_dead_code()
    features = fx.GraphModule(network, graph, class_name="Backbone")
    features.train()
    return features


def _replace_first_convolution(network: nn.Module, in_channels: int) -> None:
    name, first = next((n, m) for n, m in network.named_modules() if isinstance(m, nn.Conv2d))
    network.set_submodule(
        name,
        nn.Conv2d(
            in_channels,
            first.out_channels,
            kernel_size=first.kernel_size,  # type: ignore[arg-type]
            stride=first.stride,  # type: ignore[arg-type]
            padding=first.padding,  # type: ignore[arg-type]
            bias=first.bias is not None,
        ),
    )
