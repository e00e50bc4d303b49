"""A saliency map as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from reading_page.pictures import Picture

if TYPE_CHECKING:
    from mammo_monai.evaluation.explain.explanation import Explanation

ROWS = 512
"""Rows of a map as it is sent, at least; the network sees no more."""


def coloured(explained: Explanation, picture: Picture) -> bytes:
    """A map as a PNG on the picture as it hangs; transparent where it is 0."""
    from mammo_monai.evaluation.explain.placement import drawn_onto

    level = (255 * np.clip(drawn_onto(explained.heat, picture.reduced(ROWS)), 0, 1)).astype(np.uint8)
    colours = cv2.applyColorMap(level, cv2.COLORMAP_TURBO)
    return bytes(cv2.imencode(".png", np.dstack([colours, level]))[1])
