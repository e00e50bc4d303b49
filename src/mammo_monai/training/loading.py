"""Small decisions about data loaders that a JSON expression should not hold."""

from __future__ import annotations

from mammo_monai.errors import MammoError


def drop_last(samples: int, batch_size: int, world_size: int = 1) -> bool:
    """Whether the last, smaller training batch must go: BatchNorm cannot normalise a batch of one image.

    Raises:
        MammoError: every batch would be of one image.
    """
    share = -(-samples // world_size)
    if batch_size < 2 or share < 2:
        raise MammoError(
            f"batches of one image ({share} images per process, batch_size {batch_size}) cannot train a network with "
            "BatchNorm; use --batch_size 2 or more",
            reason="batch-of-one",
        )
    return share % batch_size == 1
