"""The patch transforms of a bundle for many patches at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from monai.data.meta_tensor import MetaTensor
from monai.transforms.compose import Compose

Prepare = Callable[[torch.Tensor], torch.Tensor]
"""From patches (N, rows, columns) in stored depth to what a network takes, (N, C, H, W) float."""


def batched(transforms: Sequence[Callable[[Any], Any]], image: MetaTensor, patch_size: tuple[int, int]) -> Prepare:
    """Transforms of one patch as one call for a batch of them.

    Most transforms treat every channel alike, so N patches can pass as the N channels of one image, without a cost
    per patch. Whether that gives what each patch alone gives is tried once, on noise of two ranges; where it does
    not (z-scoring over all channels together, ``channel_wise`` false) each patch goes alone.

    Args:
        transforms: of an item with "image", (1, rows, columns).
        image: (1, rows, columns) that the patches are cut from; they share its meta and type.
        patch_size: their rows and columns.
    """
    chain = Compose(list(transforms))

    def prepared(patches: torch.Tensor) -> torch.Tensor:
        made = chain({"image": MetaTensor(patches, meta=dict(image.meta))})["image"]
        return made.as_tensor() if isinstance(made, MetaTensor) else torch.as_tensor(made)

    def together(patches: torch.Tensor) -> torch.Tensor:
        made = prepared(patches)
        return made.reshape(len(patches), -1, *made.shape[1:])

    def alone(patches: torch.Tensor) -> torch.Tensor:
        return torch.stack([prepared(patch[None]) for patch in patches])

    random = torch.Generator().manual_seed(0)
    noise = torch.rand((2, *patch_size), generator=random) * torch.tensor([100, 250])[:, None, None]
    patches = noise.to(image.dtype)
    expected = alone(patches)
    found = together(patches)
    same = found.shape == expected.shape and torch.allclose(found, expected, rtol=1e-4, atol=1e-4)
    return together if same else alone
