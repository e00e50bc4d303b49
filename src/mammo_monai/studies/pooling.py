"""The test predictions of several folds as one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.scored import Scored


def pooled(folds: Mapping[str, Scored]) -> Scored:
    """The rows of all folds, in their order, with a column ``fold``: scores of two networks are never ranked together.

    A patient is tested in one fold only (see :func:`mammo_monai.studies.plan.plan`); a row without a patient is named
    after its fold, so that it stays a cluster of its own.

    Args:
        folds: predictions by the fold's name.

    Raises:
        MammoError: folds of different classes.
    """
    parts = list(folds.values())
    first = parts[0]
    if len(parts) == 1:
        return first
    for name, part in folds.items():
        if part.class_names != first.class_names:
            raise MammoError(
                f"fold {name} has the classes {', '.join(part.class_names)}, others {', '.join(first.class_names)}; "
                "make all folds from one datalist",
                "other-classes",
            )
    return replace(
        first,
        labels=np.concatenate([part.labels for part in parts]),
        probabilities=np.concatenate([part.probabilities for part in parts]),
        patients=np.concatenate([np.char.add(f"{name}: ", part.patients) for name, part in folds.items()]),
        columns={
            **{
                key: tuple(cell for part in parts for cell in part.columns.get(key, [""] * len(part)))
                for key in first.columns
            },
            "fold": tuple(name for name, part in folds.items() for _ in range(len(part))),
        },
        notes={key: sum(part.notes.get(key, 0) for part in parts) for part in parts for key in part.notes},
    )
