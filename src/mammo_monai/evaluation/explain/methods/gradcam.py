"""Grad-CAM: a feature map weighted by its gradients (Selvaraju 2017, arXiv:1610.02391)."""

from __future__ import annotations

import torch
from monai.visualize.class_activation_maps import GradCAM
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.explain.feature_map import last_feature_map
from mammo_monai.networks.augmented import OverVariants
from mammo_monai.networks.ensemble import MeanNetwork


def saliency(network: nn.Module, image: torch.Tensor, class_index: int, *, layer: str = "") -> torch.Tensor:
    """See :mod:`mammo_monai.evaluation.explain.methods`.

    Of several checkpoints it is the mean of their maps, each scaled to its highest value, because their features have
    no common scale; under test-time augmentation that of the image as it is, since turned maps have no common place.

    Args:
        network: see there.
        image: see there.
        class_index: see there.
        layer: module whose output is the feature map; "" finds the last one.

    Raises:
        MammoError: no such layer, or none whose output is a map.
    """
    if isinstance(network, OverVariants):
        network = network.network
    if isinstance(network, MeanNetwork):
        maps = [saliency(member, image, class_index, layer=layer) for member in network.members]
        return torch.stack([one / one.max().clamp(min=torch.finfo(one.dtype).tiny) for one in maps]).mean(0)
    target = layer or last_feature_map(network, image)
    modules = dict(network.named_modules())
    if not target or target not in modules:
        near = ", ".join(name for name in modules if name.count(".") < 2 and name)
        raise MammoError(f"no layer {target!r} in the network; its first ones: {near}", "unknown-layer")
    # torch allows no in-place operation (DenseNet's last ReLU) on the output of a module with a backward hook.
    network.set_submodule(target, nn.Sequential(modules[target], _Copy()))
    try:
        return GradCAM(network, f"{target}.0", postprocessing=_as_it_is)(image.clone().requires_grad_(), class_index)[
            0, 0
        ].detach()
    except (AttributeError, KeyError, IndexError, ValueError, RuntimeError) as error:
        raise MammoError(
            f"layer {target!r} has no feature map that Grad-CAM can weigh ({error}); name a convolution", "no-map"
        ) from error


class _Copy(nn.Module):
    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features.clone()


def _as_it_is(saliency_map: torch.Tensor) -> torch.Tensor:
    """In place of MONAI's own, which turns the map upside down."""
    return saliency_map
