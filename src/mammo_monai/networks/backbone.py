"""The convolutional part of any torchvision classification network, by its name."""

from __future__ import annotations

import copy
import difflib
import warnings
from typing import Any

import torch
import torchvision
from torch import fx, nn

from mammo_monai.errors import MammoError

# Two image sides, large enough for every network of torchvision and unlike any side that a network pools to.
_PROBES = (256, 512)


def backbone(name: str, in_channels: int = 3) -> fx.GraphModule:
    """Features of a torchvision classification network, without its pooling and its classifier.

    The layers stay torchvision's own modules under torchvision's own names, so that the keys of the state
    dict are those of torchvision's weight files. The result can be scripted, exported to ONNX and wrapped for
    distributed training. Nothing is downloaded: the parameters are torchvision's random initial values.

    Args:
        name: as in ``torchvision.models.list_models(torchvision.models)``, for example "resnet50".
        in_channels: channels of the image; other than 3 gives a new first convolution.

    Returns:
        module from (N, in_channels, H, W) to (N, C, H', W'), float; see :func:`output_shape` for C, H', W'.

    Raises:
        MammoError: the name is unknown (``backbone-unknown``) or the network has no map that grows with its
            image, such as a vision transformer of one fixed image size (``backbone-no-map``).
    """
    names = torchvision.models.list_models(torchvision.models)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=5, cutoff=0.4) or ["resnet50", "densenet121"]
        raise MammoError(f"backbone '{name}' is unknown to torchvision; near it: {', '.join(near)}", "backbone-unknown")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # GoogLeNet, Inception: initial values may change some day
        network = torchvision.models.get_model(name, weights=None).eval()
    if hasattr(network, "transform_input"):
        network.transform_input = in_channels == 3  # GoogLeNet, Inception: torchvision sets it with the weights only
    if in_channels != 3:
        _replace_first_convolution(network, in_channels)
    graph = LayersOnly().trace(network)
    end = _last_growing_map(fx.GraphModule(network, graph), in_channels)
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


class LayersOnly(fx.Tracer):
    """Records the calls in a network's own ``forward`` and leaves every layer whole.

    Whole layers keep their own training and evaluation behaviour; a deeper trace would fix one of the two.
    """

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return True


class _Maps(fx.Interpreter):
    """Runs a graph and notes the last two sides of every 4-D tensor in it, by node name in running order."""

    def __init__(self, network: fx.GraphModule) -> None:
        super().__init__(network)
        self.sides: dict[str, tuple[int, ...]] = {}

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if isinstance(result, torch.Tensor) and result.ndim == 4:
            self.sides[n.name] = tuple(result.shape[2:])
        return result


def _last_growing_map(network: fx.GraphModule, in_channels: int) -> str | None:
    """Name of the last node whose output is a map that grows with the image; None if that cannot grow."""
    probe = copy.deepcopy(network).to("meta")
    small, large = _Maps(probe), _Maps(probe)
    try:
        for maps, side in zip((small, large), _PROBES, strict=True):
            maps.run(torch.empty(1, in_channels, side, side, device="meta"))
    except (AssertionError, RuntimeError):  # made for one image size alone
        return None
    return [name for name, sides in small.sides.items() if large.sides[name] != sides][-1]


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
