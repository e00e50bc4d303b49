"""What the data sets' own words for a finding mean: mass or calcification. The one place where they are listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

KINDS: Final[Mapping[str, frozenset[str]]] = {
    # VinDr-Mammo and INbreast "Mass", CBIS-DDSM "mass", DDSM "MASS"; mini-MIAS: circumscribed, spiculated, other mass.
    "mass": frozenset({"mass", "masses", "circ", "spic", "misc"}),
    # VinDr-Mammo "Suspicious Calcification", INbreast "Calcification" and "Cluster", mini-MIAS "CALC".
    "calcification": frozenset({"calcification", "calcifications", "suspicious calcification", "calc", "cluster"}),
}
"""Kind of finding -> the words for it in any data set, in lower case."""


def kind(categories: Iterable[str]) -> str:
    """The kind of a finding: "mass", "calcification", "mass and calcification", or "other" (asymmetry, distortion)."""
    words = {category.strip().lower() for category in categories}
    return " and ".join(name for name, meaning in KINDS.items() if words & meaning) or "other"
