"""The picture of why: saliency over the image as it was taken."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.evaluation.explain.explanation import Explanation
from mammo_monai.evaluation.explain.overlay import write_overlay
from mammo_monai.evaluation.explain.placement import drawn_onto

LONGEST: Final = 1280
"""Rows or columns of a picture at most: four in the size of the films are 160 MB that an archive keeps for ever."""


def overlay(why: Explanation) -> NDArray[np.uint8]:
    """The map over its image, as ``mammo-monai explain`` draws it: (rows, columns, 3) RGB."""
    heat = drawn_onto(why.heat, why.source)
    caption = [f"{why.method}: {why.class_name}, probability {why.probability:.3f}"]
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "overlay.png"
        write_overlay(picture, why.source.as_tensor().numpy(), heat, [box for box, _ in why.regions], caption)
        shown = cv2.cvtColor(cv2.imread(str(picture)), cv2.COLOR_BGR2RGB)
    scale = min(1.0, LONGEST / max(shown.shape))
    return np.asarray(cv2.resize(shown, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
