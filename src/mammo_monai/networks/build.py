"""A network by name: one of our own, found by listing this folder, or any torchvision classification network."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from typing import Any

import torchvision
from torch import nn

import mammo_monai.networks as package
from mammo_monai import listing
from mammo_monai.errors import MammoError
from mammo_monai.names import nearest
from mammo_monai.networks.torchvision_networks import TorchvisionClassifier


def build_network(name: str, num_classes: int, spatial_size: int | Sequence[int], **options: Any) -> nn.Module:
    """The network ``name``, with random initial values.

    A module of this folder is a network when it has a class of its own name: ``baseline_cnn`` has ``BaselineCnn``. Any
    other name is torchvision's and gives a
    :class:`~mammo_monai.networks.torchvision_networks.TorchvisionClassifier`.

    Args:
        name: "baseline_cnn", "vgg_blocks", "birads_net", or for example "alexnet", "resnet18".
        num_classes: number of logits.
        spatial_size: (rows, columns) of the images, or one number for both.
        options: further parameters of that class.

    Returns:
        module from (N, channels, rows, columns), float, to logits (N, num_classes), with children ``backbone`` and
        ``head`` as :func:`~mammo_monai.networks.weights.load_weights` needs them.

    Raises:
        MammoError: no such network (``backbone-unknown``) or option (``network-option``), or as of the class.
    """
    check_name(name)
    own = _own(name)
    make = own or TorchvisionClassifier
    fixed = {"num_classes": num_classes, "spatial_size": spatial_size, **({} if own else {"backbone": name})}
    taken = set(inspect.signature(make).parameters) - set(fixed)
    unknown = sorted(set(options) - taken)
    if unknown:
        raise MammoError(
            f"network '{name}' has no option {unknown[0]}; its own options: {', '.join(sorted(taken)) or 'none'}",
            "network-option",
        )
    return make(**fixed, **options)


def check_name(name: str) -> None:
    """Nothing, where there is a network of this name, ours or torchvision's.

    Raises:
        MammoError: there is none (``backbone-unknown``, with the nearest).
    """
    theirs = torchvision.models.list_models(torchvision.models)
    if name not in theirs and not _own(name):
        ours = [module for module in listing.names(package.__name__) if _own(module)]
        raise MammoError(
            f"network '{name}' is unknown; {nearest(name, [*ours, *theirs])}; there are {', '.join(ours)} "
            "and torchvision's",
            "backbone-unknown",
        )


def _own(name: str) -> type[nn.Module] | None:
    """The network class of a module in this folder; None where there is none."""
    if name not in listing.names(package.__name__):
        return None
    class_name = "".join(word.capitalize() for word in name.split("_"))
    return getattr(importlib.import_module(f"{package.__name__}.{name}"), class_name, None)
