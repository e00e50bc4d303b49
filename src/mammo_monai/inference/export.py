"""An export of a bundle's network for an engine, and what it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mammo_monai.datasets.folder import find_images
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.decisions.calling import decide
from mammo_monai.evaluation.scored import FloatArray
from mammo_monai.inference.classifier import Classifier, read_classifier
from mammo_monai.networks import engines, exports
from mammo_monai.training.fault_tolerant import FaultTolerantDataset, image_shape
from mammo_monai.training.prediction_writer import decision_of

FIXED = 3
"""Images of noise that every export is tried on."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an engine changes, of images that were compared.

    Attributes:
        images: how many.
        largest: difference of a probability.
        called: images that are called otherwise; without a decision beside the weights, whose most probable class is
            another.
        points: verdicts of operating points that are others, of all images together.
    """

    images: int
    largest: float
    called: int
    points: int

    def __str__(self) -> str:
        return (
            f"{self.images} images: largest difference of a probability {self.largest:.2g}, "
            f"{self.called} called otherwise, {self.points} verdicts of operating points changed"
        )


@dataclass(frozen=True, slots=True)
class Exported:
    """The files written, the largest difference of a probability on noise, and what changes on images, if given."""

    files: tuple[Path, ...]
    largest: float
    change: Change | None


def export(bundle: Path, engine: str, images: Path | None, options: Mapping[str, Any]) -> Exported:
    """Write a bundle's network for an engine, beside its weights; nothing where the engine needs no files.

    Args:
        bundle: the bundle's folder. Its config is code: use bundles you trust.
        engine: see :mod:`mammo_monai.networks.engines`.
        images: a folder on which to compare as well.
        options: ids of ``inference.json`` that are set anew, such as {"weights": "best.pt", "tta": "flip"}.

    Raises:
        MammoError: the weights are no file (``weights-missing``), an exact engine differs from torch by more than
            :data:`.exports.EXACT` (``export-differs``), no image can be used (``no-image``), or as of what is called.
    """
    kind = engines.engine(engine)
    torchs = read_classifier(bundle, {"device": "cpu", **options, "engine": "torch"})
    if not torchs.weights_sha256:
        raise MammoError(f"weights: {torchs.weights} is no file that an export can be bound to", "weights-missing")
    shape = image_shape(3, torchs.spatial_size)
    noise = torch.randn(FIXED, *shape, generator=torch.Generator().manual_seed(0))
    files = kind.export(torchs.network, noise[:1])
    theirs = replace(torchs, network=engines.behind(engine, torchs.network, files), engine=engine)
    largest = _largest(*(_probabilities(one, noise) for one in (torchs, theirs)))
    change = _change(torchs, theirs, images) if images else None
    seen = max(largest, change.largest) if change else largest
    if kind.EXACT and not seen <= exports.EXACT:
        raise MammoError(
            f"engine '{engine}' differs from torch by {seen:.2g} of probability, at most {exports.EXACT:g} was "
            "promised; nothing is written, stay with engine torch",
            "export-differs",
        )
    written: Sequence[Path] = ()
    if kind.SUFFIXES:
        written = exports.write(files, engine, torchs.weights, torchs.tta, shape, seen)
    return Exported(tuple(written), largest, change)


def _change(torchs: Classifier, theirs: Classifier, folder: Path) -> Change:
    torchs.check()
    dataset = FaultTolerantDataset(find_images(str(folder)), torchs.transform, image_shape(3, torchs.spatial_size))
    items = (dataset[index] for index in range(len(dataset)))
    pairs = [
        [_probabilities(one, item["image"][None])[0] for one in (torchs, theirs)] for item in items if not item["error"]
    ]
    if not pairs:
        raise MammoError(f"{folder}: no image there can be used; give a folder of mammograms", "no-image")
    first, second = np.array(pairs).transpose(1, 0, 2)
    decision = decision_of(torchs.weights, torchs.tta, torchs.class_names)
    if decision is None:
        called = (first.argmax(1) != second.argmax(1)).sum()
        return Change(len(pairs), _largest(first, second), int(called), 0)
    before, after = decide(first, decision), decide(second, decision)
    called = sum(a != b for a, b in zip(before.called, after.called, strict=True))
    points = sum(int((before.points[name] != after.points[name]).sum()) for name in before.points)
    return Change(len(pairs), _largest(first, second), int(called), points)


def _probabilities(classifier: Classifier, images: torch.Tensor) -> FloatArray:
    return torch.stack(classifier.probabilities(images)).double().numpy()


def _largest(first: FloatArray, second: FloatArray) -> float:
    return float(np.abs(first - second).max())
