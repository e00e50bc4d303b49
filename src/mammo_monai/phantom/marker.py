"""The view label ("R MLO") burned into the pixels, as radiographers' lead letters were."""

from __future__ import annotations

import numpy as np

from mammo_monai.phantom.breast import Plane

# 5 x 7 dot matrix: a font file would tie the pixels to the font's version.
_GLYPHS = {
    "C": ".###. #...# #.... #.... #.... #...# .###.",
    "L": "#.... #.... #.... #.... #.... #.... #####",
    "M": "#...# ##.## #.#.# #.#.# #...# #...# #...#",
    "O": ".###. #...# #...# #...# #...# #...# .###.",
    "R": "####. #...# #...# ####. #.#.. #..#. #...#",
    " ": "..... ..... ..... ..... ..... ..... .....",
}


def burn_in(image: Plane, text: str, laterality: str) -> None:
    """Write ``text`` at full brightness into the upper corner away from the chest wall, in place.

    Args:
        image: (rows, columns), chest wall at the left edge for "L", at the right edge for "R".
        text: letters of C, L, M, O, R and blanks.
        laterality: "L" or "R".
    """
    dots = np.array([[cell == "#" for cell in "".join(f"{row}." for row in rows)] for rows in _lines(text)])
    scale = max(1, image.shape[0] // 170)
    stamp = np.kron(dots, np.ones((scale, scale), bool))
    margin = 4 * scale
    left = image.shape[1] - margin - stamp.shape[1] if laterality == "L" else margin
    image[margin : margin + stamp.shape[0], left : left + stamp.shape[1]][stamp] = 1.0


def _lines(text: str) -> list[tuple[str, ...]]:
    return list(zip(*(_GLYPHS[letter].split() for letter in text), strict=True))
