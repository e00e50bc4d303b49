"""One saliency method per module, found by listing this folder.

A method has ``saliency(network, image, class_index) -> (H, W)`` and, keyword-only, options of its own. ``network``
is in evaluation mode and the method's to change, ``image`` is (1, C, H, W), and the map is 0 where a pixel does not
matter and grows with how much it does. The computation is MONAI's; what stands here is which of it and how.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Protocol, cast

import torch
from torch import nn

from mammo_monai.errors import MammoError


class Method(Protocol):
    """What a module in this folder provides."""

    def saliency(self, network: nn.Module, image: torch.Tensor, class_index: int, **options: str) -> torch.Tensor:
        """How much each pixel matters for the score of a class."""
        ...


def names() -> list[str]:
    """The methods there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Method:
    """One method.

    Raises:
        MammoError: no such method.
    """
    if name not in names():
        raise MammoError(f"no saliency method {name!r}; choose one of {', '.join(names())}", "unknown-method")
    return cast(Method, importlib.import_module(f"{__name__}.{name}"))


def options(method: Method) -> list[str]:
    """A method's own options."""
    parameters = inspect.signature(method.saliency).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
