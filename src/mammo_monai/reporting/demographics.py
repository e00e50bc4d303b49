"""Ages, densities and assessments of the parts of a datalist, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from mammo_monai.datasets.records import SECTIONS

COUNTED: Final = {"density": "density", "birads": "BI-RADS"}
"""Fields of an item whose values are counted, by image."""


def described(listed: Mapping[str, Any]) -> str:
    """One sentence for each section of which something is known; "" where nothing is."""
    found = {section: _section(listed[section]) for section in SECTIONS}
    return "; ".join(f"{section}: {words}" for section, words in found.items() if words)


def _section(items: Sequence[Mapping[str, Any]]) -> str:
    counted = [_counts(items, field, title) for field, title in COUNTED.items()]
    return ", ".join(part for part in (_ages(items), *counted) if part)


def _ages(items: Sequence[Mapping[str, Any]]) -> str:
    """Of patients, each at the first age that the list has of them."""
    everyone = {(item["dataset"], item["patient"] or item["image"]): item["age"] for item in reversed(items)}
    ages = [float(age) for age in everyone.values() if age]
    if not ages:
        return ""
    known = "" if len(ages) == len(everyone) else f" ({len(ages):,} of {len(everyone):,} patients)"
    return f"age {min(ages):g} to {max(ages):g}, median {median(ages):g}{known}"


def _counts(items: Sequence[Mapping[str, Any]], field: str, title: str) -> str:
    counts = Counter(item[field] or "unknown" for item in items)
    if counts.keys() <= {"unknown"}:
        return ""
    return f"{title} " + ", ".join(f"{value} {n:,}" for value, n in sorted(counts.items()))
