"""A patch network slid over the breast of a whole mammogram."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from monai.data.meta_tensor import MetaTensor
from torch import nn
from torch.nn import functional
from torchvision.ops import nms

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.explain.batches import Prepare
from mammo_monai.transforms.breast_region import BreastRegion, find_breast
from mammo_monai.transforms.source import box_to_source

MIN_BREAST = 0.25
"""Share of a window that must be breast."""
SAME_PLACE = 0.1
"""Intersection over union from which on two windows show the same finding."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class HeatMap:
    """What a patch network says of each place of a mammogram.

    Attributes:
        cells: (classes, rows, columns) probabilities, one cell per ``stride`` pixels: the mean over the windows
            that cover it, NaN where none does. Its ``affine`` leads to the source image.
        windows: (N, 4) boxes of the windows in pixels of the image, half-open, cut at its edges.
        probabilities: (N, classes) of each window.
        image: (1, rows, columns) that the windows were cut from.
    """

    cells: MetaTensor
    windows: torch.Tensor
    probabilities: torch.Tensor
    image: MetaTensor


def heat_map(
    network: nn.Module,
    image: MetaTensor,
    patch_size: Pair,
    stride: Pair,
    batch_size: int,
    device: torch.device,
    prepare: Prepare,
) -> HeatMap:
    """Slide a network over the breast.

    The windows are views of the image; a batch is gathered by one indexing and prepared while the network works on
    the one before. Windows that reach past the image see zeros there, as cut patches do.

    Args:
        network: prepared patches (N, C, H, W) to logits (N, classes), on ``device``; put into evaluation mode.
        image: (1, rows, columns) in stored depth, by a chain without resize.
        patch_size: rows and columns of a window, multiples of ``stride``.
        stride: rows and columns from one window to the next, and of a cell of the map.
        batch_size: windows per call of the network.
        device: where the network is.
        prepare: see :mod:`mammo_monai.evaluation.explain.batches`.

    Raises:
        MammoError: reason ``bad-option`` for sizes that do not fit, ``no-breast`` for an image without one.
    """
    if min(*patch_size, *stride, batch_size) < 1 or any(p % s for p, s in zip(patch_size, stride, strict=True)):
        raise MammoError(
            f"windows of {patch_size[0]}x{patch_size[1]} pixels, stride {stride[0]}x{stride[1]}, {batch_size} at once: "
            "expected positive numbers and windows that are multiples of the stride",
            "bad-option",
        )
    views = _views(image.as_tensor()[0], patch_size, stride)
    region = find_breast(image.as_tensor()[0].numpy(), str(image.meta.get("filename_or_obj") or "image"))
    share = _breast_share(region, views.shape[:2], patch_size, stride)
    chosen = torch.from_numpy(np.argwhere(share >= min(MIN_BREAST, float(share.max()))))

    def gather(places: torch.Tensor) -> torch.Tensor:
        return prepare(views[places[:, 0], places[:, 1]].view(image.dtype))

    network.eval()
    with torch.inference_mode():
        logits = [
            network(batch.to(device, non_blocking=True)) for batch in _ahead(gather, torch.split(chosen, batch_size))
        ]
        # In double precision sure findings still have an order.
        probabilities = torch.cat(logits).cpu().double().softmax(1)
    corner = chosen * torch.tensor(stride)
    end = torch.minimum(corner + torch.tensor(patch_size), torch.tensor(image.shape[1:]))
    per_window = (patch_size[0] // stride[0], patch_size[1] // stride[1])
    cells = _stitched(chosen, probabilities, (views.shape[0], views.shape[1]), per_window)
    to_pixels = np.diag([*stride, 1.0, 1.0])
    to_pixels[:2, 3] = [(step - 1) / 2 for step in stride]
    affine = torch.from_numpy(np.asarray(image.affine, np.float64) @ to_pixels)
    return HeatMap(MetaTensor(cells, affine=affine), torch.cat([corner, end], 1), probabilities, image)


def findings(heat: HeatMap, class_index: int, limit: int = 5) -> list[tuple[tuple[int, ...], float]]:
    """The windows with the highest probability of a class, one for each place (non-maximum suppression).

    Returns:
        (row_min, col_min, row_max, col_max) in whole pixels of the source image, half-open, and the network's
        probability for that window; the highest first.
    """
    scores = heat.probabilities[:, class_index]
    kept = nms(heat.windows.double(), scores, SAME_PLACE)[:limit].tolist()
    boxes = [box_to_source(heat.windows[window].tolist(), heat.image) for window in kept]
    return [
        (tuple(round(edge) for edge in box), float(scores[window])) for box, window in zip(boxes, kept, strict=True)
    ]


def _views(pixels: torch.Tensor, patch_size: Pair, stride: Pair) -> torch.Tensor:
    """Every window as (window rows, window columns, rows, columns), sharing memory; 16 bits as int16, which torch
    can index.
    """
    counts = [
        1 + max(0, -(-(side - patch) // step))
        for side, patch, step in zip(pixels.shape, patch_size, stride, strict=True)
    ]
    rows, cols = ((count - 1) * step + patch for count, step, patch in zip(counts, stride, patch_size, strict=True))
    if (rows, cols) != tuple(pixels.shape):
        whole = pixels.new_zeros((max(rows, pixels.shape[0]), max(cols, pixels.shape[1])))
        whole[: pixels.shape[0], : pixels.shape[1]] = pixels
        pixels = whole
    movable = pixels.view(torch.int16) if pixels.dtype == torch.uint16 else pixels
    return movable.unfold(0, patch_size[0], stride[0]).unfold(1, patch_size[1], stride[1])


def _breast_share(region: BreastRegion, counts: torch.Size, patch_size: Pair, stride: Pair) -> np.ndarray:
    """(window rows, window columns): how much of each window is breast, from the sums of the thumbnail's mask."""
    sums = cv2.integral(region.mask.astype(np.uint8))
    edges = [
        (np.arange(count)[:, None] * step + [0, patch]) // region.stride
        for count, step, patch in zip(counts, stride, patch_size, strict=True)
    ]
    (top, bottom), (left, right) = (np.minimum(edge, size - 1).T for edge, size in zip(edges, sums.shape, strict=True))
    inside = (
        sums[np.ix_(bottom, right)] - sums[np.ix_(top, right)] - sums[np.ix_(bottom, left)] + sums[np.ix_(top, left)]
    )
    return inside * (region.stride**2 / (patch_size[0] * patch_size[1]))


def _ahead(make: Callable[[torch.Tensor], torch.Tensor], parts: tuple[torch.Tensor, ...]) -> Iterator[torch.Tensor]:
    """``make`` of each part, the next one made while the one before is used."""
    with ThreadPoolExecutor(1) as worker:
        waiting: Future[torch.Tensor] | None = None
        for part in parts:
            ready, waiting = waiting, worker.submit(make, part)
            if ready is not None:
                yield ready.result()
        if waiting is not None:
            yield waiting.result()


def _stitched(places: torch.Tensor, probabilities: torch.Tensor, counts: Pair, per_window: Pair) -> torch.Tensor:
    """(classes, rows, columns): mean over the windows that cover a cell; 0 / 0 is NaN where none does."""
    scores = torch.zeros(probabilities.shape[1] + 1, 1, *counts)
    scores[:-1, 0, places[:, 0], places[:, 1]] = probabilities.T.float()
    scores[-1, 0, places[:, 0], places[:, 1]] = 1
    sums = functional.conv_transpose2d(scores, torch.ones(1, 1, *per_window))[:, 0]
    return sums[:-1] / sums[-1]
