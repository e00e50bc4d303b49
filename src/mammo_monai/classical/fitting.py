"""A model chosen and fitted without a look at the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.utils.class_weight import compute_sample_weight

from mammo_monai.classical.models import Model
from mammo_monai.errors import MammoError

FOLDS: Final = 5
Table = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A model with the parameters it was given and their loss within the fitting data."""

    estimator: Any
    chosen: dict[str, Any]
    loss: float
    folds: int

    def probabilities(self, features: Table) -> Table:
        """(rows, classes)."""
        return np.asarray(self.estimator.predict_proba(features), np.float64)


def fit(model: Model, features: Table, labels: npt.NDArray[np.int_], patients: Sequence[str], seed: int) -> Fitted:
    """Choose the parameters by cross-validation in which no patient is divided, then fit on everything.

    The measure is the log loss with every class of equal weight: defined in a fold without some class, and with a dozen
    patients less noisy than an area under the curve.

    Args:
        model: see :mod:`mammo_monai.classical.models`.
        features: (rows, features).
        labels: (rows,).
        patients: of each row.
        seed: of the folds and of the model.

    Raises:
        MammoError: reason ``too-few-patients``, for a class of a single patient.
    """
    classes = np.unique(labels)
    fewest = min(len({p for p, own in zip(patients, labels, strict=True) if own == c}) for c in classes)
    folds = min(FOLDS, fewest)
    if folds < 2 or len(classes) < 2:
        raise MammoError(
            f"training and validation have {len(classes)} classes and as few as {fewest} patients of one; expected two "
            "or more of each to choose the model's parameters; give the datalist more patients",
            "too-few-patients",
        )
    search = GridSearchCV(
        model.make(seed),
        dict(model.GRID),
        scoring=_balanced,
        cv=StratifiedGroupKFold(folds, shuffle=True, random_state=seed),
    ).fit(features, labels, groups=np.asarray(patients))
    return Fitted(search.best_estimator_, dict(search.best_params_), float(-search.best_score_), folds)


def _balanced(estimator: Any, features: Table, labels: npt.NDArray[np.int_]) -> float:
    weights = compute_sample_weight("balanced", labels)
    return -float(log_loss(labels, estimator.predict_proba(features), sample_weight=weights, labels=estimator.classes_))
