"""Which class is more suspicious than which."""

from __future__ import annotations

from collections.abc import Sequence

from mammo_monai.datasets import labels
from mammo_monai.datasets.labels import LabelMap
from mammo_monai.datasets.levels import WORST_FIRST
from mammo_monai.errors import MammoError


def least_first(class_names: Sequence[str], order: Sequence[str] = ()) -> list[int]:
    """Indices of the classes from the least to the most suspicious.

    Args:
        class_names: C names.
        order: the same names in that order; () takes it from the label maps that come with the package and have just
            these classes: a class is as suspicious as the worst BI-RADS category or pathology that it holds, in the
            order of :data:`~mammo_monai.datasets.levels.WORST_FIRST`. So 1 < 23 < 045.

    Raises:
        MammoError: ``order`` is not an order of these classes, or none is known.
    """
    names = list(class_names)
    chosen = list(order) or _known(names)
    if sorted(chosen) != sorted(names):
        raise MammoError(
            f"order of suspicion {', '.join(order) or 'unknown'}: name each of the classes {', '.join(names)} once, "
            "from the least to the most suspicious",
            "bad-order",
        )
    return [names.index(name) for name in chosen]


def _known(names: Sequence[str]) -> list[str]:
    """The order in which every label map with these classes has them; [] where there is none, or two differ."""
    maps = [labels.load(name) for name in labels.names()]
    found = {
        tuple(sorted(names, key=lambda name: _worst(of, name), reverse=True))
        for of in maps
        if sorted(of.classes) == sorted(names) and of.source_field in WORST_FIRST
    }
    return list(*found) if len(found) == 1 else []


def _worst(label_map: LabelMap, name: str) -> int:
    """The place in :data:`WORST_FIRST` of the worst value that makes the class."""
    return min(
        place for place, value in enumerate(WORST_FIRST[label_map.source_field]) if label_map.map.get(value) == name
    )
