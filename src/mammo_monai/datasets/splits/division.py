"""Divide what a method leaves open: by ratios into one list, or in turn into folds; groups are never divided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mammo_monai.datasets.leakage import without_leaks
from mammo_monai.datasets.records import SECTIONS, Record
from mammo_monai.datasets.splits.methods import OPEN, assign
from mammo_monai.datasets.splits.stratification import shares, stratify
from mammo_monai.errors import MammoError

FEWEST_FOLDS: Final = 3


@dataclass(frozen=True, slots=True)
class Division:
    """One way to divide the records.

    Attributes:
        fates: of each record its section, or else the reason it is in none.
        asked: share of the records that each section should have; a fixed section's is what it has.
    """

    fates: list[str]
    asked: dict[str, float]


def divide(
    records: Sequence[Record],
    groups: Sequence[str],
    attributes: Sequence[Sequence[Any]],
    *,
    method: str = "random",
    ratios: Sequence[float] = (70, 15, 15),
    seed: int = 0,
    folds: int = 0,
    drop_leaks: bool = False,
    options: Mapping[str, str] | None = None,
) -> list[Division]:
    """One division, or ``folds`` of them.

    In fold k part k is the test and part k + 1 the validation; where the method fixes a test, part k is the validation.

    Args:
        records: images.
        groups: of each record; what is drawn is drawn by group.
        attributes: of each record, spread evenly (see :func:`~.stratification.stratify`).
        method: see :mod:`.methods`.
        ratios: of the sections drawn, training first; surplus ones are not looked at where a section is fixed.
        seed: of the draw.
        folds: 0 for none, else 3 or more; ``ratios`` are not looked at then.
        drop_leaks: leave out of training and validation what shares a group with a section after it.
        options: of the method.

    Raises:
        MammoError: unfit ratios or folds, fewer groups than parts, or see :func:`~.methods.assign`.
    """
    fates = assign(method, records, options or {})
    fates = without_leaks(fates, groups) if drop_leaks else fates
    drawn = [section for section in SECTIONS if section not in fates]
    mine = [i for i, fate in enumerate(fates) if fate == OPEN]
    patterns = _folds(drawn, folds) if folds else [drawn]
    ratios = [1] * folds if folds else _ratios(ratios, len(drawn), method) if mine else []
    if mine and len({groups[i] for i in mine}) < len(ratios):
        raise MammoError(
            f"{len(mine)} images of {len({records[i].patient for i in mine})} patients, joined by what they share into "
            f"{len({groups[i] for i in mine})} group(s), are too few for {len(ratios)} parts; check that exams have "
            "names of their own",
            "too-few-groups",
        )
    parts = stratify([groups[i] for i in mine], [attributes[i] for i in mine], ratios, seed) if mine else []
    return [_division(fates, mine, [pattern[part] for part in parts], pattern, ratios) for pattern in patterns]


def _folds(drawn: Sequence[str], folds: int) -> list[list[str]]:
    """The section of each part, in every fold."""
    if folds < FEWEST_FOLDS or len(drawn) < 2:
        why = f"expected {FEWEST_FOLDS} or more" if len(drawn) > 1 else "this split leaves nothing to draw"
        raise MammoError(f"--folds {folds}: {why}", "bad-folds")
    turning = ["test", "validation"] if "test" in drawn else ["validation"]
    first = turning + ["training"] * (folds - len(turning))
    return [[first[(part - fold) % folds] for part in range(folds)] for fold in range(folds)]


def _ratios(ratios: Sequence[float], drawn: int, method: str) -> Sequence[float]:
    if len(ratios) < drawn or (drawn == len(SECTIONS) and len(ratios) > drawn):
        raise MammoError(f"--ratios: --split {method} takes {drawn} numbers, {len(ratios)} given", "bad-ratios")
    return ratios[:drawn]


def _division(
    fates: Sequence[str], mine: Sequence[int], sections: Sequence[str], pattern: Sequence[str], ratios: Sequence[float]
) -> Division:
    placed = list(fates)
    for i, section in zip(mine, sections, strict=True):
        placed[i] = section
    total = sum(fate in SECTIONS for fate in placed) or 1
    asked = {section: fates.count(section) / total for section in SECTIONS}
    for section, share in zip(pattern, shares(ratios) if mine else (), strict=False):
        asked[section] += float(share) * len(mine) / total
    return Division(placed, asked)
