"""One view of one breast: tissue, lesions, noise and label, with the boxes a reader would draw."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mammo_monai.phantom.breast import Outline, Plane, draw_outline, lay_out
from mammo_monai.phantom.lesions import AXILLARY_NODE, Lesion, apart, choose
from mammo_monai.phantom.marker import burn_in
from mammo_monai.phantom.plan import LATERALITIES, VIEWS, Exam
from mammo_monai.phantom.tissue import tissue

NOISE = 0.007  # standard deviation of the quantum noise at full brightness
BRIGHTEST_TISSUE = 0.97
Mask = npt.NDArray[np.bool_]
_BREAST, _TISSUE, _LESION, _NOISE, _SECOND = range(5)  # random streams: lesions do not disturb what surrounds them


@dataclass(frozen=True, slots=True)
class Marked:
    """A lesion as annotated.

    Attributes:
        categories: VinDr-Mammo finding categories, and "Calcification" for benign ones that lie apart.
        birads: 1..5, or None where the annotation leaves it out.
        box: (xmin, ymin, xmax, ymax) in pixels, half-open; reaches past the image where the lesion does.
        mask: (rows, columns) of the image, True where the lesion is.
    """

    categories: tuple[str, ...]
    birads: int | None
    box: tuple[int, int, int, int]
    mask: Mask = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Film:
    """Brightness (rows, columns) float32, 0 = black to 1 = white when displayed, and its findings."""

    brightness: Plane
    findings: tuple[Marked, ...]


def expose(
    exam: Exam, laterality: str, view: str, rows: int, cols: int, *, lesions: bool = True, separate: bool = False
) -> Film:
    """Draw one view.

    Args:
        exam: whose.
        laterality: "L" or "R".
        view: "CC" or "MLO".
        rows: of the image.
        cols: of the image.
        lesions: without them the same breast as it would be healthy.
        separate: draw a mass and its calcifications as two lesions in different places.
    """
    side, position = LATERALITIES.index(laterality), VIEWS.index(view)
    outline = draw_outline(view, cols / rows, exam.rng(_BREAST, side, position))
    breast = lay_out(outline, rows, cols)
    image = tissue(breast, exam.density, exam.rng(_TISSUE, side, position))
    findings: list[Marked] = []
    for lesion, centre, birads in _lesions(exam, side, view, outline, separate) if lesions else ():
        row, col = round(centre[0] * rows), round(centre[1] * rows)
        stamp = lesion.stamp(exam.rng(_LESION, side, position, len(findings)), lesion.radius * rows)
        box, mask = _add(image, stamp, row, col, breast.thickness)
        if laterality == "R":
            box, mask = (cols - box[2], box[1], cols - box[0], box[3]), mask[:, ::-1]
        findings.append(Marked(lesion.categories, birads, box, mask))
    noise = exam.rng(_NOISE, side, position).standard_normal(image.shape, dtype=np.float32)
    image = np.clip(image + NOISE * np.sqrt(image) * noise, 0, BRIGHTEST_TISSUE)
    image = np.ascontiguousarray(image if laterality == "L" else image[:, ::-1])
    burn_in(image, f"{laterality} {view}", laterality)
    return Film(image, tuple(findings))


def marks(
    exam: Exam, laterality: str, view: str, *, separate: bool = False
) -> list[tuple[tuple[str, ...], int | None]]:
    """Categories and BI-RADS of the findings :func:`expose` marks on this view, without drawing it."""
    side, position = LATERALITIES.index(laterality), VIEWS.index(view)
    outline = draw_outline(view, 1.0, exam.rng(_BREAST, side, position))  # its width moves them, and adds none
    return [(lesion.categories, birads) for lesion, _, birads in _lesions(exam, side, view, outline, separate)]


def _lesions(
    exam: Exam, side: int, view: str, outline: Outline, separate: bool
) -> list[tuple[Lesion, tuple[float, float], int | None]]:
    """The breast's lesions on this view: what, where (row, column as fractions of the height), BI-RADS."""
    rng = exam.rng(_LESION, side)  # the same in CC and MLO: one lesion seen twice, at one depth
    birads = exam.birads[LATERALITIES[side]]
    lesion = choose(birads, rng)
    if lesion is None:
        return []
    depth, cc, mlo = rng.uniform(0.32, 0.60), rng.uniform(-0.45, 0.45), rng.uniform(0, 0.4)
    depth = 0.03 if exam.off_edge and view == "CC" else depth
    first, *rest = apart(lesion) if separate else (lesion,)
    found: list[tuple[Lesion, tuple[float, float], int | None]] = [
        (first, _place(outline, cc if view == "CC" else mlo, depth), birads)
    ]
    if birads == 5 and view == "MLO":
        width, length = outline.pectoral
        found.append((AXILLARY_NODE, (rng.uniform(0.14, 0.22) * length, rng.uniform(0.4, 0.55) * width), None))
    if rest:  # beyond the nipple's row, in MLO short of the axilla
        beyond = exam.rng(_SECOND, side).uniform(0.65, 0.80)
        height = cc - np.copysign(beyond, cc) if view == "CC" else -beyond / 2
        found.append((rest[0], _place(outline, height, depth), birads))
    return found


def _place(outline: Outline, height: float, depth: float) -> tuple[float, float]:
    """Row and column as fractions of the image's height; ``height`` from -1, the upper end, to 1, the lower."""
    reach = outline.up if height < 0 else outline.down
    return outline.nipple + height * reach, depth * outline.depth


def _add(image: Plane, stamp: Plane, row: int, col: int, weight: Plane) -> tuple[tuple[int, int, int, int], Mask]:
    """Add ``stamp`` centred on a pixel, in place and cut at the edge; the uncut box and the mask of what it lights."""
    top, left = row - stamp.shape[0] // 2, col - stamp.shape[1] // 2
    lit_rows, lit_cols = np.flatnonzero(stamp.any(axis=1)), np.flatnonzero(stamp.any(axis=0))
    r0, c0 = max(top, 0), max(left, 0)
    seen = stamp[r0 - top : image.shape[0] - top, c0 - left : image.shape[1] - left]
    window = (slice(r0, r0 + seen.shape[0]), slice(c0, c0 + seen.shape[1]))
    image[window] += seen * weight[window]
    mask = np.zeros(image.shape, bool)
    mask[window] = seen != 0
    box = (
        left + int(lit_cols[0]),
        top + int(lit_rows[0]),
        left + int(lit_cols[-1]) + 1,
        top + int(lit_rows[-1]) + 1,
    )
    return box, mask
