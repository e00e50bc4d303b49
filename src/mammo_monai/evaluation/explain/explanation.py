"""One image explained: by a saliency map or a heat map, written as pictures and a JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from monai.data.meta_tensor import MetaTensor
from numpy.typing import NDArray

from mammo_monai.evaluation.explain.batches import batched
from mammo_monai.evaluation.explain.heat_map import findings, heat_map
from mammo_monai.evaluation.explain.overlay import drawn, write_overlay
from mammo_monai.evaluation.explain.placement import drawn_onto, top_region
from mammo_monai.evaluation.explain.saliency import saliency
from mammo_monai.files import replacing, write_text
from mammo_monai.inference.classifier import Classifier
from mammo_monai.notice import NOTICE
from mammo_monai.transforms.source import box_from_source

Boxes = list[tuple[tuple[int, ...], float]]


@dataclass(frozen=True)
class Explanation:
    """What was found for one class.

    Attributes:
        method: of the map.
        class_name: the class explained.
        heat: (1, H, W), 0 to 1, where NaN is unknown; its ``affine`` leads to the source image.
        regions: boxes (row_min, col_min, row_max, col_max) in source pixels, half-open, each with the probability
            of the class: of the whole input for saliency, of the box itself for a heat map.
        probability: of the class, for the whole input; for a heat map the highest of any window.
        source: (rows, columns) image as loaded.
        shown: other images to draw the map onto, by name: "crop", "patch" and "input" of
            :meth:`mammo_monai.inference.classifier.Classifier.stages`, as far as there are.
    """

    method: str
    class_name: str
    heat: MetaTensor
    regions: Boxes
    probability: float
    source: MetaTensor
    shown: dict[str, MetaTensor]

    @property
    def caption(self) -> str:
        """One line below its pictures."""
        return f"{self.method}: {self.class_name}, probability {self.probability:.3f}"

    def picture(self) -> NDArray[np.uint8]:
        """Map and regions over the image as it was loaded, (rows and a line, columns, 3) RGB."""
        heat, boxes = drawn_onto(self.heat, self.source), [box for box, _ in self.regions]
        return drawn(self.source.as_tensor().numpy(), heat, boxes, [self.caption])


def explain_saliency(
    classifier: Classifier,
    image: Path,
    class_name: str = "",
    method: str = "gradcam",
    box: Sequence[float] | None = None,
    turn: int = 0,
    **options: str,
) -> Explanation:
    """Which pixels matter for a class.

    Args:
        classifier: see :func:`mammo_monai.inference.classifier.read_classifier`.
        image: any file that the bundle's inference reads.
        class_name: "" explains the class with the highest probability.
        method: see :mod:`mammo_monai.evaluation.explain.methods`.
        box: the patch, for bundles that classify patches.
        turn: how the patch is laid down, see :mod:`mammo_monai.transforms.turns`.
        options: the method's own.
    """
    wanted = classifier.class_index(class_name) if class_name else None
    source = classifier.source(image)
    stages = classifier.stages(source, box, turn)
    network_input = stages["input"].to(classifier.device)
    (probabilities,) = classifier.probabilities(network_input.as_tensor()[None].float())
    index = int(probabilities.argmax()) if wanted is None else wanted
    heat = saliency(classifier.network, network_input, index, method, **options)
    region = top_region(heat)
    probability = float(probabilities[index])
    return Explanation(
        method,
        classifier.class_names[index],
        heat / heat.max().clamp(min=torch.finfo(heat.dtype).tiny),
        [(region, probability)] if region else [],
        probability,
        source,
        stages,
    )


def explain_heat_map(
    classifier: Classifier,
    image: Path,
    class_name: str,
    window: tuple[int, int] | None = None,
    stride: tuple[int, int] | None = None,
    limit: int = 5,
) -> Explanation:
    """Where in a whole image a patch classifier sees a class.

    Args:
        classifier: see :func:`mammo_monai.inference.classifier.read_classifier`.
        image: any file that the bundle's inference reads.
        class_name: the class to look for.
        window: rows and columns of a patch in source pixels; None takes the size of the network's input.
        stride: from one window to the next; None takes half a window.
        limit: findings to name at most.
    """
    index = classifier.class_index(class_name)
    source = classifier.source(image)
    stages, of_a_patch = classifier.uncut(source)
    whole = stages.pop("whole")
    size = window or classifier.spatial_size
    made = heat_map(
        classifier.network,
        whole,
        size,
        stride or (size[0] // 2, size[1] // 2),
        classifier.batch_size,
        classifier.device,
        batched(of_a_patch, whole, size),
    )
    found = findings(made, index, limit)
    heat = made.cells[index : index + 1]
    highest = float(made.probabilities[:, index].max())
    return Explanation("heat_map", class_name, heat, found, highest, source, stages)


def write(explanation: Explanation, classifier: Classifier, image: Path, folder: Path) -> dict[str, object]:
    """Write a picture ``NAME.png`` in pixels of the source and of every image of ``shown``, ``map.npy`` (float32) and
    ``explanation.json``.

    Returns:
        the content of the JSON.

    Raises:
        MammoError: reason ``not-writable``.
    """
    heat = explanation.heat
    for name, onto in {"source": explanation.source, **explanation.shown}.items():
        boxes = [box_from_source(box, onto) for box, _ in explanation.regions]
        plane = onto.as_tensor().numpy() if onto.ndim == 2 else onto.as_tensor()[0].numpy()
        write_overlay(folder / f"{name}.png", plane, drawn_onto(heat, onto), boxes, [explanation.caption])
    with replacing(folder / "map.npy") as temporary, temporary.open("wb") as file:
        np.save(file, heat.as_tensor()[0].float().numpy(), allow_pickle=False)
    content: dict[str, object] = {
        "notice": NOTICE,
        "image": str(image),
        "method": explanation.method,
        "class": explanation.class_name,
        "probability": explanation.probability,
        "box": "row_min, col_min, row_max, col_max, half-open, in pixels of the source image",
        "regions": [{"box": list(box), "probability": probability} for box, probability in explanation.regions],
        "map_to_source": np.asarray(heat.affine)[:2][:, [0, 1, 3]].tolist(),
        "weights": str(classifier.weights),
        "weights_sha256": classifier.weights_sha256 or None,
    }
    write_text(folder / "explanation.json", json.dumps(content, indent=2) + "\n")
    return content
