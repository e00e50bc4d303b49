"""Does the source of an image give its class away? As when normals come from one data set and lesions from another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ALONE: Final = 0.9
"""Share of a class that one source gives, from which on a network may learn the source instead."""
BEYOND: Final = 0.1
"""How far that share has to lie above the source's share of all images."""


def confounding(items: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> dict[str, Any]:
    """Class by source, and how strongly one tells the other.

    Args:
        items: of a datalist; the source is their ``dataset``.
        classes: names by label.

    Returns:
        ``table`` (class -> source -> images), ``cramers_v`` (H. Cramér 1946; 0 no association, 1 the source tells
        the class; None for a single source or class) and ``warnings`` (a sentence per class that comes, nearly or
        wholly, from one source).
    """
    sources = sorted({item["dataset"] for item in items})
    held = Counter((item["label"], item["dataset"]) for item in items)
    counts = np.array([[held[label, source] for source in sources] for label in range(len(classes))])
    table = {name: dict(zip(sources, map(int, row), strict=True)) for name, row in zip(classes, counts, strict=True)}
    overall = counts.sum(axis=0) / max(1, counts.sum())
    warnings = []
    for name, row in zip(classes, counts, strict=True) if len(sources) > 1 else ():
        main = int(np.argmax(row))
        share = row[main] / max(1, row.sum())
        if share >= ALONE and share - overall[main] >= BEYOND:
            warnings.append(
                f"{share:.0%} of class {name} come from {sources[main]}, which gives {overall[main]:.0%} of all "
                "images: a network may learn the source in place of the class"
            )
    return {"table": table, "cramers_v": _cramers_v(counts), "warnings": warnings}


def _cramers_v(counts: NDArray[np.int64]) -> float | None:
    used = counts[counts.sum(axis=1) > 0]
    if min(used.shape) < 2:
        return None
    expected = np.outer(used.sum(axis=1), used.sum(axis=0)) / used.sum()
    chi2 = float(((used - expected) ** 2 / expected).sum())
    return round(float(np.sqrt(chi2 / (used.sum() * (min(used.shape) - 1)))), 4)
