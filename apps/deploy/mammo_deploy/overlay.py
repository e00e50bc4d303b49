"""The picture of why: saliency over the image as it was taken."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.evaluation.explain.explanation import Explanation

LONGEST: Final = 1280
"""Rows or columns of a picture at most: four in the size of the films are 160 MB that an archive keeps for ever."""


def overlay(explained: Explanation) -> NDArray[np.uint8]:
    """What was explained, as ``mammo-monai explain`` draws it but smaller: (rows, columns, 3) RGB."""
    shown = explained.picture()
    scale = min(1.0, LONGEST / max(shown.shape))
    return np.asarray(cv2.resize(shown, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
