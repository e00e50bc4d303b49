"""Test-time augmentation: a network asked about several variants of each image, whose probabilities are averaged."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from mammo_monai.errors import MammoError
from mammo_monai.networks.ensemble import log_mean_probability


class Variant(NamedTuple):
    """One way to look at an image: an affine map about its centre, then flips.

    Attributes:
        flips: axes turned round, of -2 (rows) and -1 (columns).
        degrees: the image is turned clockwise as it is displayed.
        scale: the image is made larger.
        down: the image is moved, in shares of its rows.
        right: likewise, of its columns.
    """

    flips: tuple[int, ...] = ()
    degrees: float = 0.0
    scale: float = 1.0
    down: float = 0.0
    right: float = 0.0


_FLIPS = [Variant(), Variant((-1,)), Variant((-2,)), Variant((-2, -1))]
_AFFINE = [
    Variant(),
    *(Variant(degrees=degrees) for degrees in (-5, 5)),
    *(Variant(scale=scale) for scale in (1 / 1.05, 1.05)),
    *(Variant(down=share) for share in (-0.05, 0.05)),
    *(Variant(right=share) for share in (-0.05, 0.05)),
]
VARIANTS = {
    "none": [Variant()],
    "flip": _FLIPS,
    "affine": _AFFINE,
    "flip_affine": [one._replace(flips=_FLIPS[i % 4].flips) for i, one in enumerate(_AFFINE)],
}
"""What is averaged over, by the name of the option; fixed, so that a temperature can be fitted for it."""


def augmented(network: nn.Module, tta: str) -> nn.Module:
    """The network behind a list of :data:`VARIANTS`; with "none" the network itself.

    Raises:
        MammoError: no such list (``tta-unknown``).
    """
    if tta not in VARIANTS:
        raise MammoError(f"tta: no {tta!r}; choose one of {', '.join(VARIANTS)}", "tta-unknown")
    return network if tta == "none" else OverVariants(network, VARIANTS[tta])


class OverVariants(nn.Module):
    """Logits whose softmax is the mean of the softmax over variants of the image.

    Args:
        network: from (N, channels, rows, columns) to logits (N, num_classes).
        variants: of each image, one pass of the network each.
    """

    def __init__(self, network: nn.Module, variants: list[Variant]) -> None:
        super().__init__()
        self.network = network
        self.variants = variants

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Log of the mean probabilities, (N, num_classes), of images (N, channels, rows, columns), float."""
        return log_mean_probability([self.network(vary(image, variant)) for variant in self.variants])


def vary(image: torch.Tensor, variant: Variant) -> torch.Tensor:
    """A variant of images (N, channels, rows, columns), of the same shape; bilinear, edges continued outward."""
    if variant[1:] != Variant()[1:]:
        rows, cols = image.shape[-2:]
        cos, sin = (f(math.radians(variant.degrees)) / variant.scale for f in (math.cos, math.sin))
        # From a pixel of the variant back to the image, in (x, y) from -1 to 1 over the whole side.
        back = torch.tensor([[cos, sin * rows / cols, 0.0], [-sin * cols / rows, cos, 0.0]])
        back[:, 2] = back[:, :2] @ torch.tensor([-2 * variant.right, -2 * variant.down])
        back = back.to(image).expand(len(image), 2, 3)
        grid = functional.affine_grid(back, list(image.shape), align_corners=False)
        image = functional.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return image.flip(variant.flips) if variant.flips else image
