"""What everything after inference works on: labels, probabilities and patients of a table of predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mammo_monai.datasets.patches.table import EDGES, TURN
from mammo_monai.errors import MammoError

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
TextArray = npt.NDArray[np.str_]

_NAMES = ("path", "image", "id", "row")
"""Columns that name an image, the first that is there."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Rows with a label and a prediction each, aligned.

    Attributes:
        class_names: C names, in the order of the probabilities.
        labels: (N,) class indices.
        probabilities: (N, C).
        patients: (N,) whose row it is, "dataset/patient" where there is a column ``dataset``; a row without a patient
            has a name of its own.
        columns: every other column of the table, N texts each.
        notes: rows left out and other things to know, by code.
    """

    class_names: tuple[str, ...]
    labels: IntArray
    probabilities: FloatArray
    patients: TextArray
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def called(self) -> IntArray:
        """(N,) most probable class, the first of equals."""
        return self.probabilities.argmax(1)

    @cached_property
    def folds(self) -> IntArray:
        """(N,) whose network a row's scores are: numbers from 0 in the order of the column ``fold``, else all 0."""
        names = self.columns.get("fold", ("",) * len(self))
        return np.unique(np.array(names, dtype=np.str_), return_inverse=True)[1].astype(np.int64)

    def take(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.integer] | Sequence[int] | slice) -> Scored:
        """The rows of an index array, in its order, or of a mask."""
        index = np.arange(len(self))[rows]
        columns = {name: tuple(cells[i] for i in index) for name, cells in self.columns.items()}
        return replace(
            self,
            labels=self.labels[index],
            probabilities=self.probabilities[index],
            patients=self.patients[index],
            columns=columns,
        )


def of(labels: npt.ArrayLike, probabilities: npt.ArrayLike, class_names: Sequence[str]) -> Scored:
    """Rows of arrays, every row a patient of its own: (N,) class indices and (N, C) probabilities."""
    scores = np.asarray(probabilities, np.float64)
    patients = np.arange(len(scores)).astype(np.str_)
    return Scored(tuple(class_names), np.asarray(labels, np.int64), scores, patients)


def one_against_rest(scored: Scored, class_name: str) -> Scored:
    """The same rows with two classes: "not X" and X.

    Raises:
        MammoError: there is no such class.
    """
    if class_name not in scored.class_names:
        raise MammoError(
            f"class {class_name!r}: expected one of {', '.join(scored.class_names)}, the predictions' classes",
            reason="bad-option",
        )
    index = scored.class_names.index(class_name)
    score = scored.probabilities[:, index]
    return replace(
        scored,
        class_names=(f"not {class_name}", class_name),
        labels=(scored.labels == index).astype(np.int64),
        probabilities=np.stack([1 - score, score], axis=1),
    )


def identities(columns: Mapping[str, Sequence[str]], names: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """What tells n rows apart: their cells in the columns ``names``; () of none."""
    return list(zip(*(columns[name] for name in names), strict=True)) if names else [()] * n


def identity_columns(*tables: Mapping[str, Sequence[str]]) -> list[str]:
    """The columns that tell images, or patches, apart in every one of the tables; none where images have no name."""
    common = set.intersection(*(set(columns) for columns in tables))
    name = next((name for name in _NAMES if name in common), None)
    return [title for title in ("dataset", name, *EDGES, TURN, "finding") if title in common] if name else []
