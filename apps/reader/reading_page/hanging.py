"""Which image hangs where: R CC | L CC above R MLO | L MLO, chest walls together in the middle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from mammo_monai.dicom.image import read_tags
from mammo_monai.errors import MammoError
from mammo_monai.evaluation.identity import identify
from mammo_monai.inference.exam import Exam

PLACES: Final = ("R-CC", "L-CC", "R-MLO", "L-MLO")
"""Row by row, as the reader sees them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is known of an image before its pixels are read.

    Attributes:
        path: relative to the exam's root.
        laterality: "L", "R" or "".
        view: "CC", "MLO", another view, or "".
        modifiers: of the view, in words: spot compression and the like.
        conflict: what contradicts laterality and view.
        spacing: rows, columns in mm; [] where unknown.
        error: why nothing is known.
    """

    path: str
    laterality: str = ""
    view: str = ""
    modifiers: str = ""
    conflict: str = ""
    spacing: tuple[float, ...] = ()
    error: str = ""

    @property
    def place(self) -> str:
        """Where it would hang."""
        return f"{self.laterality}-{self.view}"


def shown(exam: Exam, name: str) -> Shown:
    """One image of an exam, by its header."""
    try:
        meta: Mapping[str, Any] = read_tags(exam.root / name)
    except MammoError as error:
        return Shown(name, error=f"{error.reason}: {error}")
    who = identify({"path": name}, meta)
    spacing = tuple(value for value in meta["pixel_spacing"] if value > 0)
    return Shown(name, who["laterality"], who["view"], str(meta["view_modifiers"]), who["conflict"], spacing)


def hung(images: Sequence[Shown]) -> dict[str, Any]:
    """Places, each with the number of its image or None, and the numbers of the other images.

    A view that was repeated hangs once; of its images a plain one goes before one with a modifier, then the first.
    """
    plain_first = sorted(range(len(images)), key=lambda number: (bool(images[number].modifiers), number))
    places: dict[str, int | None] = {
        place: next((number for number in plain_first if images[number].place == place), None) for place in PLACES
    }
    taken = set(places.values())
    return {
        "images": [asdict(image) for image in images],
        "places": places,
        "others": [number for number in range(len(images)) if number not in taken],
    }
