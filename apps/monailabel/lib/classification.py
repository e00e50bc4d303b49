"""MONAI Label's inference task over the Predictor: probabilities and decision as JSON, a saliency map on demand."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from monailabel.interfaces.tasks.infer_v2 import InferTask, InferType

from lib.served import Served
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.explain import methods
from mammo_monai.evaluation.explain.placement import drawn_onto
from mammo_monai.inference.predictor import Predictor


class Classification(InferTask):
    """The bundle's classifier.

    Args:
        served: the bundle.
    """

    def __init__(self, served: Served) -> None:
        ours = served.predictor
        named = f"{ours.context['bundle']} {ours.context['version']}"
        super().__init__(
            InferType.CLASSIFICATION,
            list(ours.class_names),
            2,
            f"{named}: {', '.join(ours.class_names)}; not for clinical use",
            {"saliency": ["none", *methods.names()], "class": ["", *ours.class_names]},
        )
        self._served = served

    def is_valid(self) -> bool:
        return True

    def __call__(self, request: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
        """The result of an image or of a folder of one exam.

        Args:
            request: "image" is its path; with "saliency" (a method's name, or true) there is a map of "class", or of
                the most probable one.

        Returns:
            the map, an 8-bit PNG in pixels of the source (0 does not matter, 255 matters most), or None; and
            :meth:`mammo_monai.evaluation.exam_result.ExamResult.to_json`.

        Raises:
            MammoError: no mammogram, no such method or class, or a map of several images.
        """
        path = Path(request["image"])
        content = predicted(self._served.predictor, path)
        method, name = _chosen(request.get("saliency"), "gradcam"), _chosen(request.get("class"), "")
        if not method:
            return None, content
        return self._map(path, method, name, content)

    def _map(self, path: Path, method: str, name: str, content: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        images = [path] if path.is_file() else [path / row["path"] for row in content["images"]]
        if len(images) != 1:
            raise MammoError(f"{len(images)} images: a saliency map is of one, ask for each by its own id", "usage")
        methods.load(method)
        found = self._served.predictor.explain(images[0], name, method)
        level = drawn_onto(found.heat, found.source)
        with tempfile.NamedTemporaryFile(prefix="saliency-", suffix=".png", delete=False) as file:
            file.write(cv2.imencode(".png", (255 * np.clip(level, 0, 1)).round().astype(np.uint8))[1])
        regions = [{"box": list(box), "probability": probability} for box, probability in found.regions]
        told = {"method": found.method, "class": found.class_name, "probability": found.probability, "regions": regions}
        return file.name, {**content, "saliency": told}


def predicted(predictor: Predictor, path: Path) -> dict[str, Any]:
    """The result of an image, or of a folder of one exam, as plain data.

    Raises:
        MammoError: no exam, several, or one image that cannot be used.
    """
    result = predictor.predict(path)
    if path.is_file() and (error := result.images[0].error):
        reason, _, message = error.partition(": ")
        raise MammoError(message, reason)
    return result.to_json()


def _chosen(asked: Any, default: str) -> str:
    """What a client means: it may send the whole list of its choices back, of which the first is "none"."""
    if isinstance(asked, list) or asked in (None, False, "", "none", "false"):
        return ""
    return default if asked in (True, "true") else str(asked)
