"""What a patch list holds: patches per class, section, image and patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from mammo_monai.datasets.levels import FINDING
from mammo_monai.datasets.patches.cutting import NO_FINDING

Item = Mapping[str, Any]


def report(lists: Mapping[str, Sequence[Item]], classes: Sequence[str]) -> dict[str, Any]:
    """For every section: ``classes`` (patches, findings, images and patients of each), the same of ``all``, and the
    fewest, median and most patches ``per_image`` and ``per_patient``.
    """  # fmt: skip
    return {
        section: {
            "classes": {name: _held([item for item in items if item["label"] == i]) for i, name in enumerate(classes)},
            "all": _held(items),
            "per_image": _spread(items, "image"),
            "per_patient": _spread(items, "patient"),
        }
        for section, items in lists.items()
    }


def _held(items: Sequence[Item]) -> dict[str, int]:
    return {
        "patches": len(items),
        "findings": len({(item["image"], item[FINDING]) for item in items if item[FINDING] != NO_FINDING}),
        "images": len({item["image"] for item in items}),
        "patients": len({(item["dataset"], item["patient"]) for item in items}),
    }


def _spread(items: Sequence[Item], key: str) -> dict[str, float]:
    counts = Counter((item["dataset"], item[key]) for item in items).values()
    return {"fewest": min(counts), "median": median(counts), "most": max(counts)} if counts else {}
