"""Training, validation and test: patients are never divided, classes are spread evenly, a seed repeats it.

K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the Stratification of Multi-label Data", ECML PKDD 2011: iterative
stratification, here over patients, each of whom brings all her images' attributes at once.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from mammo_monai.datasets.records import SECTIONS, Record
from mammo_monai.errors import MammoError


def stratify(
    groups: Sequence[str], attributes: Sequence[Sequence[str]], ratios: Sequence[float], seed: int
) -> list[int]:
    """Divide records into parts so that no group is divided and every attribute follows the ratios.

    The attribute that fewest unplaced groups hold goes first, its groups each to the part that still wants
    most of it. An attribute with no more unplaced groups than there are parts without it is urgent: parts
    where a group fills such a gap come first. So an attribute of as many groups as there are parts reaches
    every part: always where groups hold one attribute, else as far as a greedy choice can see. The order of
    the records does not matter.

    Args:
        groups: group (patient) of each record.
        attributes: what to spread evenly, for each record: its class and, if wished, density, vendor, ...
        ratios: positive numbers; only their proportions count.
        seed: of the order in which equal groups are taken.

    Returns:
        the part of each record, 0 .. ``len(ratios) - 1``.

    Raises:
        MammoError: a ratio is not a positive number.
    """
    share = _shares(ratios)
    rows = {name: i for i, name in enumerate(sorted(set(groups)))}
    columns = {name: i for i, name in enumerate(sorted({name for names in attributes for name in names}))}
    # The last column counts all records, so that a part's size is one more thing to keep in proportion.
    held = np.zeros((len(rows), len(columns) + 1))
    for group, names in zip(groups, attributes, strict=True):
        held[rows[group], [*(columns[name] for name in set(names)), -1]] += 1

    wanted = np.outer(share, held.sum(axis=0))
    got = np.zeros_like(wanted)
    unplaced = (held > 0).sum(axis=0)  # groups per attribute
    part = np.full(len(rows), -1)
    order = np.random.default_rng(seed).permutation(len(rows))
    while unplaced.any():
        rarest = int(np.argmin(np.where(unplaced > 0, unplaced, len(rows) + 1)))
        left = [group for group in order if part[group] < 0 and held[group, rarest]]
        for group in sorted(left, key=lambda group: -held[group, rarest]):  # stable: ties in the seed's order
            gaps = got == 0
            urgent = (held[group] > 0) & (unplaced <= gaps.sum(axis=0))
            filled, missing = (gaps & urgent).sum(axis=1), wanted - got
            best = np.lexsort((missing[:, -1], missing[:, rarest], filled))[-1]
            part[group] = best
            got[best] += held[group]
            unplaced -= held[group] > 0
    return [int(part[rows[group]]) for group in groups]


def _shares(ratios: Sequence[float]) -> np.ndarray:
    if not ratios or not all(math.isfinite(ratio) and ratio > 0 for ratio in ratios):
        shown = ",".join(f"{ratio:g}" for ratio in ratios)
        raise MammoError(f"--ratios {shown}: expected positive numbers such as 70,15,15", "bad-ratios")
    share = np.asarray(ratios, dtype=float) / max(ratios)
    return share / share.sum()


def _random(records: Sequence[Record], classes: Sequence[str], ratios: Sequence[float], seed: int) -> list[str | None]:
    """Every patient drawn anew."""
    _expect(ratios, len(SECTIONS), "random")
    parts = stratify([record.patient for record in records], [(name,) for name in classes], ratios, seed)
    return [SECTIONS[part] for part in parts]


def _official(
    records: Sequence[Record], classes: Sequence[str], ratios: Sequence[float], seed: int
) -> list[str | None]:
    """The data set's own parts; without a validation, its training is divided by the first two ratios."""
    sections = [record.split for record in records]
    if "test" not in sections:
        raise MammoError("this data set has no official test split; use --split random", "no-official-split")
    if "validation" in sections:
        return sections
    _expect(ratios[:2], 2, "official")
    mine = [i for i, section in enumerate(sections) if section == "training"]
    parts = stratify([records[i].patient for i in mine], [(classes[i],) for i in mine], ratios[:2], seed)
    for i, part in zip(mine, parts, strict=True):
        sections[i] = SECTIONS[part]
    return sections


def _expect(ratios: Sequence[float], parts: int, method: str) -> None:
    if len(ratios) != parts:
        raise MammoError(f"--ratios: --split {method} takes {parts} numbers, {len(ratios)} given", "bad-ratios")


Method = Callable[[Sequence[Record], Sequence[str], Sequence[float], int], list[str | None]]
METHODS: Mapping[str, Method] = {"random": _random, "official": _official}


def split(
    records: Sequence[Record], classes: Sequence[str], method: str, ratios: Sequence[float], seed: int
) -> list[str | None]:
    """The section of each record, None for one that an official split does not name.

    Args:
        records: images; grouped by patient.
        classes: class of each, spread evenly over the sections.
        method: "random" (patients drawn by ``ratios``) or "official" (the data set's own test is kept).
        ratios: training : validation : test; "official" uses the first two.
        seed: of the draw.

    Raises:
        MammoError: no such method, unfit ratios, or no official split in these records.
    """
    if method not in METHODS:
        raise MammoError(f"no split {method!r}; choose one of {', '.join(METHODS)}", "unknown-split")
    return METHODS[method](records, classes, ratios, seed)


def assert_patient_disjoint(patients: Mapping[str, Iterable[str]]) -> None:
    """Guard against a leak: no patient stands in two sections.

    Raises:
        MammoError: reason "patient-leak", naming the patients and their sections.
    """
    sections = defaultdict(list)
    for section, members in patients.items():
        for patient in sorted(set(members)):
            sections[patient].append(section)
    leaks = [f"{patient} ({', '.join(found)})" for patient, found in sorted(sections.items()) if len(found) > 1]
    if leaks:
        more = f" and {len(leaks) - 10} more" if len(leaks) > 10 else ""
        raise MammoError(
            f"{len(leaks)} patients stand in two sections: {'; '.join(leaks[:10])}{more}; "
            "split by patient (--split random) or correct the patient column",
            reason="patient-leak",
        )
