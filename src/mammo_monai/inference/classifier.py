"""A bundle's classifier as its inference uses it: the ids of ``configs/inference.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import torch
from monai.data.meta_tensor import MetaTensor
from monai.transforms.compose import Compose
from monai.utils.misc import ensure_tuple_rep
from torch import nn

from mammo_monai.bundle_config import read_config
from mammo_monai.errors import MammoError, cause
from mammo_monai.networks.checkpoints import Weights, digest
from mammo_monai.training.transfer import check_preprocessing
from mammo_monai.transforms.crop_box import CropBoxd
from mammo_monai.transforms.crop_breast import CropBreastd

CUTS: Final = {CropBreastd: "crop", CropBoxd: "patch"}
"""What is left of an image after the transforms that cut it."""


@dataclass(frozen=True)
class Classifier:
    """Transforms, network and what they are.

    Attributes:
        network: on ``device``, in evaluation mode.
        class_names: in the order of its outputs.
        transforms: the deterministic chain from a file to the network's input; the first loads.
        spatial_size: rows and columns of the input.
        batch_size: images per call.
        device: where the network is.
        weights: the file or files, or a word such as "none".
        weights_sha256: of the file; "" where there is none.
        postprocessing: from {"pred": logits (C,)} to {"pred": probabilities (C,)}.
        card: what the weights were trained as; {} where nothing is known.
        tta: test-time augmentation, part of ``network``.
        engine: what runs the network.
    """

    network: nn.Module
    class_names: list[str]
    transforms: Sequence[Callable[[Any], Any]]
    spatial_size: tuple[int, int]
    batch_size: int
    device: torch.device
    weights: Weights
    weights_sha256: str
    postprocessing: Callable[[Any], Any]
    card: Mapping[str, Any]
    tta: str
    engine: str

    @cached_property
    def transform(self) -> Compose:
        """The whole chain, for items {"image": file}."""
        return Compose(list(self.transforms))

    def probabilities(self, images: torch.Tensor) -> list[torch.Tensor]:
        """N times (C,), of prepared images (N, channels, rows, columns), as the bundle's inference makes them."""
        with torch.inference_mode():
            logits = self.network(images.to(self.device))
            return [self.postprocessing({"pred": row})["pred"].cpu() for row in logits]

    def check(self, sha256: str = "", preprocessing: str = "same") -> None:
        """Refuse weights and transforms that are not what they should be.

        Args:
            sha256: of the weights; "" for whatever they have.
            preprocessing: "same" as the card of the weights says they were trained with, or "any".

        Raises:
            MammoError: ``weights-digest``, ``other-preprocessing``, ``bad-option``, or ``patches``: a bundle of
                patches has no result of an exam.
        """
        if sha256 and sha256 != self.weights_sha256:
            raise MammoError(
                f"{self.weights}: has SHA-256 {self.weights_sha256 or 'none'}, expected {sha256}; restore the weights "
                "that were approved",
                "weights-digest",
            )
        if self._cut is not None:
            raise MammoError(
                "this bundle classifies patches, not exams; look at whole films with 'mammo-monai explain --heat_map'",
                "patches",
            )
        check_preprocessing(self.card, self.transform, str(self.weights), preprocessing)

    def source(self, image: Path) -> MetaTensor:
        """The image as it is loaded, (rows, columns).

        Raises:
            MammoError: no such file, or what the reader refuses.
        """
        if not image.is_file():
            raise MammoError(f"{image}: no such image file", "not-found")
        return _run(self.transforms[0], {"image": str(image), "path": image.name})["image"]

    def stages(self, source: MetaTensor, box: Sequence[float] | None = None, turn: int = 0) -> dict[str, MetaTensor]:
        """A loaded image on its way to the network, each (C, H, W) with the ``affine`` that leads back to the source.

        Args:
            source: see :meth:`source`.
            box: the patch, for bundles that classify patches: (row_min, col_min, row_max, col_max) in source pixels.
            turn: how the patch is laid down, see :mod:`mammo_monai.transforms.turns`.

        Returns:
            "crop", the image cut to its breast; "patch", what the box cuts out of it; and "input", what the network
            is given. A chain that does not cut so lacks the first ones.

        Raises:
            MammoError: a box where the chain takes none (``usage``), none where it needs one, or whatever the chain
                refuses.
        """
        if (box is not None) != (self._cut is not None):
            raise MammoError(
                "this bundle classifies patches: name one with --box, or ask for a --heat_map"
                if box is None
                else "this bundle classifies whole images: leave --box out",
                "usage",
            )
        return self._passed({"image": source, "box": box, "turn": turn}, len(self.transforms), "input")

    def uncut(self, source: MetaTensor) -> tuple[dict[str, MetaTensor], Sequence[Callable[[Any], Any]]]:
        """The image that patches are cut from, "whole", with its "crop" as :meth:`stages`; the transforms of a patch.

        Raises:
            MammoError: reason ``usage`` for a bundle that classifies whole images.
        """
        if self._cut is None:
            raise MammoError(
                "this bundle classifies whole images; a heat map needs one that classifies patches", "usage"
            )
        return self._passed({"image": source}, self._cut, "whole"), self.transforms[self._cut + 1 :]

    def class_index(self, name: str) -> int:
        """The output of a class.

        Raises:
            MammoError: reason ``unknown-class``.
        """
        if name not in self.class_names:
            said = f"no class {name!r}" if name else "no class given"
            raise MammoError(f"{said}; choose one with --class: {', '.join(self.class_names)}", "unknown-class")
        return self.class_names.index(name)

    def _passed(self, item: Any, end: int, last: str) -> dict[str, MetaTensor]:
        """The image after each transform that cuts it and, as ``last``, after all before the one at ``end``."""
        made: dict[str, MetaTensor] = {}
        for transform in self.transforms[1:end]:
            item = _run(Compose([transform]), item)
            if name := CUTS.get(type(transform)):
                made[name] = item["image"]
        return {**made, last: item["image"]}

    @property
    def _cut(self) -> int | None:
        """Where the patch is cut in the chain."""
        return next((i for i, transform in enumerate(self.transforms) if isinstance(transform, CropBoxd)), None)


def read_classifier(bundle: Path, options: Mapping[str, Any]) -> Classifier:
    """The classifier of a bundle; weights and their card are checked as in its inference.

    Args:
        bundle: the bundle's folder. Its config is code: use bundles you trust.
        options: ids of the config that are set anew, such as {"weights": "best.pt"}.

    Raises:
        MammoError: no such bundle, an option that is no id of its config, or whatever its parts refuse.
    """
    parser = read_config(bundle, "inference", options)

    def content(name: str) -> Any:
        return _run(parser.get_parsed_content, name)

    weights: Weights = content("weights")
    return Classifier(
        network=content("network").eval(),
        class_names=[str(name) for name in content("class_names")],
        transforms=content("preprocessing").flatten().transforms,
        spatial_size=ensure_tuple_rep(content("spatial_size"), 2),
        batch_size=int(content("batch_size")),
        device=torch.device(content("device")),
        weights=weights,
        weights_sha256=digest(weights),
        postprocessing=content("postprocessing"),
        card=content("card"),
        tta=str(content("tta")),
        engine=str(content("engine")),
    )


def _run(function: Callable[[Any], Any], argument: Any) -> Any:
    """The result, or the :class:`MammoError` that MONAI has wrapped."""
    try:
        return function(argument)
    except Exception as error:
        known = cause(error)
        if known is None:
            raise
        raise known from error
