"""A network by name: one of our own, found by listing this folder, or any torchvision classification network."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Sequence
from typing import Any

import torchvision
from torch import nn

import mammo_monai.networks as package
from mammo_monai import listing
from mammo_monai.errors import MammoError
from mammo_monai.networks.classifier import Classifier


def build_network(name: str, num_classes: int, spatial_size: int | Sequence[int], **options: Any) -> nn.Module:
    """The network ``name``, with random initial values.

    A module of this folder is a network when it has a class of its own name: ``baseline_cnn`` has ``BaselineCnn``. Any
    other name is torchvision's and gives a :class:`~mammo_monai.networks.classifier.Classifier`.

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
    own = _own(name)
    make = own or Classifier
    fixed = {"num_classes": num_classes, "spatial_size": spatial_size, **({} if own else {"backbone": name})}
    if not own and name not in (known := torchvision.models.list_models(torchvision.models)):
        ours = [module for module in listing.names(package.__name__) if _own(module)]
        near = difflib.get_close_matches(name, [*ours, *known], n=5, cutoff=0.4)
        raise MammoError(
            f"network '{name}' is unknown; near it: {', '.join(near) or 'nothing'}; "
            f"choose {', '.join(ours)} or a torchvision network such as resnet18",
            "backbone-unknown",
        )
    taken = set(inspect.signature(make).parameters) - set(fixed)
    unknown = sorted(set(options) - taken)
    if unknown:
        raise MammoError(
            f"network '{name}' has no option {unknown[0]}; its own options: {', '.join(sorted(taken)) or 'none'}",
            "network-option",
        )
    return make(**fixed, **options)


def _own(name: str) -> type[nn.Module] | None:
    """The network class of a module in this folder; None where there is none."""
    if name not in listing.names(package.__name__):
        return None
    class_name = "".join(word.capitalize() for word in name.split("_"))
    return getattr(importlib.import_module(f"{package.__name__}.{name}"), class_name, None)
