"""The wrong split, for the record: patches drawn at random, so that patches of one lesion are trained and tested on.

T. Ao and B. Zhang (section 3.1) divide patches, not patients; a model that only knows the woman again looks brilliant
there. It exists to be shown beside the right one and never by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from mammo_monai.datasets.leakage import MARK, ON_PURPOSE

Item = dict[str, Any]


def shuffled(lists: Mapping[str, Sequence[Item]], seed: int) -> dict[str, list[Item]]:
    """The same patches, each section as long as it was, drawn without regard to patients; every item is marked."""
    pool = [{**item, MARK: ON_PURPOSE} for items in lists.values() for item in items]
    order = np.random.default_rng(seed).permutation(len(pool))
    ends = list(accumulate(map(len, lists.values())))
    return {
        section: [pool[place] for place in sorted(order[end - len(lists[section]) : end])]
        for section, end in zip(lists, ends, strict=True)
    }
