"""Parts in proportion: groups are never divided, attributes are spread evenly, a seed repeats it.

K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the Stratification of Multi-label Data", ECML PKDD 2011: iterative
stratification, here over groups (patients), each of which brings all her images' attributes at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_monai.errors import MammoError

Counts = NDArray[np.float64]


def stratify(
    groups: Sequence[str], attributes: Sequence[Sequence[Any]], ratios: Sequence[float], seed: int
) -> list[int]:
    """Divide records into parts so that no group is divided and every attribute follows the ratios.

    The attribute that fewest unplaced groups hold goes first, its groups each to the part that still wants most of it,
    among equals to the one that wants most of all that the group brings. An attribute with no more unplaced groups than
    there are parts without it is urgent: parts where a group fills such a gap come first. So an attribute of as many
    groups as there are parts reaches every part: always where groups hold one attribute, else as far as a greedy choice
    can see. At last single groups move where that brings counts nearer to the ratios. The order of the records does not
    matter.

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
    share = shares(ratios)
    rows = {name: i for i, name in enumerate(sorted(set(groups)))}
    columns = {name: i for i, name in enumerate(sorted({name for names in attributes for name in names}))}
    # The last column counts all records, so that a part's size is one more thing to keep in proportion.
    held = np.zeros((len(rows), len(columns) + 1))
    for group, names in zip(groups, attributes, strict=True):
        held[rows[group], [*(columns[name] for name in set(names)), -1]] += 1

    brought = held / held.sum(axis=0)  # so that a rare attribute weighs as much as a common one
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
            best = np.lexsort((missing @ brought[group], missing[:, rarest], filled))[-1]
            part[group] = best
            got[best] += held[group]
            unplaced -= held[group] > 0
    _even_out(part, got, held, wanted, order)
    return [int(part[rows[group]]) for group in groups]


def _even_out(
    part: NDArray[np.intp], got: Counts, held: Counts, wanted: Counts, order: NDArray[np.intp], rounds: int = 20
) -> None:
    """Move single groups to other parts as long as that brings the counts nearer to what is wanted.

    What is lessened is the squared distance from the wanted count, over the attribute's count. No part loses the last
    group of an attribute. ``part`` and ``got`` are changed in place.
    """
    scale = 1 / held.sum(axis=0)
    for _ in range(rounds):
        moved = False
        for group in order:
            own, here = held[group], part[group]
            weight = own * scale
            off = got - wanted
            gain = weight @ (2 * off[here] - own) - (2 * off + own) @ weight
            gain[here] = 0
            there = int(np.argmax(gain))
            if gain[there] > 1e-9 and not np.any((own > 0) & (got[here] <= own)):
                got[here] -= own
                got[there] += own
                part[group] = there
                moved = True
        if not moved:
            return


def shares(ratios: Sequence[float]) -> NDArray[np.float64]:
    """Ratios as shares of 1.

    Raises:
        MammoError: a ratio is not a positive number.
    """
    if not ratios or not all(math.isfinite(ratio) and ratio > 0 for ratio in ratios):
        shown = ",".join(f"{ratio:g}" for ratio in ratios)
        raise MammoError(f"--ratios {shown}: expected positive numbers such as 70,15,15", "bad-ratios")
    share = np.asarray(ratios, dtype=float) / max(ratios)
    return np.asarray(share / share.sum())
