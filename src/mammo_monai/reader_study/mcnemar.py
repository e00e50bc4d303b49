"""McNemar's exact test: do two raters differ on the cases that only one of them has right?

McNemar, Psychometrika 12 (1947) 153. It takes cases as independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from statsmodels.stats.contingency_tables import mcnemar as _mcnemar

from mammo_monai.evaluation.scored import Scored
from mammo_monai.reader_study.figures import Rater

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class McNemar:
    """One comparison.

    Attributes:
        n: cases that both called.
        model_only: right by the model alone.
        other_only: right by the other alone.
        p: two-sided exact p value; None of no cases.
    """

    n: int
    model_only: int
    other_only: int
    p: float | None


def exact_tests(model: Rater, other: Rater, cases: Scored) -> dict[str, McNemar]:
    """Tests of every sensitivity and specificity and of the accuracy, by the figure's name."""
    rows = np.intersect1d(model.called, other.called)
    truth, ours, theirs = cases.labels[rows], model.calls[rows], other.calls[rows]
    found = {"accuracy": _test(ours == truth, theirs == truth)}
    for index, name in enumerate(cases.class_names):
        of = truth == index
        found[f"sensitivity_{name}"] = _test(ours[of] == index, theirs[of] == index)
        found[f"specificity_{name}"] = _test(ours[~of] != index, theirs[~of] != index)
    return found


def _test(ours: BoolArray, theirs: BoolArray) -> McNemar:
    model_only, other_only = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    both, neither = int((ours & theirs).sum()), int((~ours & ~theirs).sum())
    p = float(_mcnemar([[both, model_only], [other_only, neither]], exact=True).pvalue) if len(ours) else None
    return McNemar(len(ours), model_only, other_only, p)
