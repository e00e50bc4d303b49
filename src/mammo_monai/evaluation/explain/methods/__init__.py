"""One saliency method per module, found by listing this folder.

A method has ``saliency(network, image, class_index) -> (H, W)`` and, keyword-only, options of its own. ``network``
is in evaluation mode and the method's to change, ``image`` is (1, C, H, W), and the map is 0 where a pixel does not
matter and grows with how much it does. The computation is MONAI's; what stands here is which of it and how.
"""

from __future__ import annotations

import inspect
from typing import Protocol

import torch
from torch import nn

from mammo_monai import listing


class Method(Protocol):
    """What a module in this folder provides."""

    def saliency(self, network: nn.Module, image: torch.Tensor, class_index: int, **options: str) -> torch.Tensor:
        """How much each pixel matters for the score of a class."""
        ...


def names() -> list[str]:
    """The methods there are."""
    return listing.names(__name__)


def load(name: str) -> Method:
    """One method.

    Raises:
        MammoError: no such method.
    """
    method: Method = listing.load(__name__, name, f"no saliency method {name!r}; choose one of", "unknown-method")
    return method


def options(method: Method) -> list[str]:
    """A method's own options."""
    parameters = inspect.signature(method.saliency).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
