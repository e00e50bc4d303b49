"""Abnormalities of an ``.OVERLAY`` file as findings of a record."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from mammo_monai.datasets import values
from mammo_monai.datasets.ddsm.overlay import Abnormality
from mammo_monai.datasets.records import Finding
from mammo_monai.dicom.ddsm.ics import Film
from mammo_monai.errors import MammoError

THINNED: Final = 1.0  # pixels by which the polygon may leave the chain of a thousand pixels
BIRADS_WORST_FIRST: Final = ("6", "5", "4C", "4B", "4A", "4", "0", "3", "2", "1")


def finding(where: Path, marked: Abnormality, film: Film) -> tuple[Finding, set[str]]:
    """One abnormality, and the codes of what was corrected or left out.

    Returns:
        The finding with ``outline`` (pixel centres, thinned to within one pixel) and ``box`` (half-open, around whole
        pixels), both clipped to the film; both None where the outline lies off the film altogether. Codes:
        ``box-clipped``, ``outline-off-film``, ``cores-left-out``, ``outlines-miscounted``.

    Raises:
        MammoError: an assessment or pathology that cannot be.
    """
    last = np.array([film.lines - 1, film.pixels_per_line - 1])
    inside = marked.boundary.clip(0, last)
    on_film = bool((marked.boundary == inside).all(axis=1).any())
    notes = {
        "box-clipped": on_film and not np.array_equal(inside, marked.boundary),
        "outline-off-film": not on_film,
        "cores-left-out": marked.cores > 0,
        "outlines-miscounted": marked.miscounted,
    }
    corners = cv2.approxPolyDP(inside.astype(np.int32)[:, None], THINNED, closed=True)[:, 0].tolist()
    (top, left), (bottom, right) = inside.min(axis=0).tolist(), inside.max(axis=0).tolist()
    try:
        found = Finding(
            # LESION_TYPE MASS SHAPE IRREGULAR ...: the first word is the kind, the others describe it.
            categories=tuple(dict.fromkeys(words.split()[0] for words in marked.lesion_types if words)),
            box=(top, left, bottom + 1, right + 1) if on_film else None,
            outline=tuple((row, column) for row, column in corners) if on_film and len(corners) > 2 else None,
            birads=values.birads(marked.assessment) if marked.assessment not in ("", "N/A") else None,
            pathology=values.pathology(marked.pathology) if marked.pathology not in ("", "N/A", "UNPROVEN") else None,
        )
    except ValueError as error:
        said = f"ASSESSMENT {marked.assessment[:20]!r}, PATHOLOGY {marked.pathology[:40]!r}"
        raise MammoError(f"{where}: {said}: expected {error}; correct it", "bad-value") from None
    return found, {code for code, true in notes.items() if true}


def worst_pathology(findings: Iterable[Finding]) -> str | None:
    """Malignant if one is; else None if one is unknown (UNPROVEN may be malignant) or there is none; else benign."""
    found = {finding.pathology for finding in findings}
    return "malignant" if "malignant" in found else None if None in found or not found else "benign"


def worst_birads(findings: Iterable[Finding]) -> str | None:
    """The highest assessment given."""
    found = {finding.birads for finding in findings}
    return next((category for category in BIRADS_WORST_FIRST if category in found), None)
