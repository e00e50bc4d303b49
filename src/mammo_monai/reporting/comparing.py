"""Several evaluations of the same rows: differences from the first, and which of them are more than noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os.path import commonpath

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.bonferroni import survives
from mammo_monai.evaluation.estimate import Difference, Estimate
from mammo_monai.evaluation.metrics import estimates
from mammo_monai.evaluation.paired import differences
from mammo_monai.evaluation.scored import Scored

FIGURES = ("macro_auc", "accuracy")


@dataclass(frozen=True)
class Compared:
    """One run beside the first.

    Attributes:
        name: of the run.
        figures: its own.
        differences: its figures less those of the first run; {} of the first.
        beyond: whether a difference is more than noise, all differences of the comparison considered; None where
            there is no interval to tell.
    """

    name: str
    figures: Mapping[str, Estimate]
    differences: Mapping[str, Difference] = field(default_factory=dict)
    beyond: Mapping[str, bool | None] = field(default_factory=dict)


def compare(runs: Mapping[str, Scored], figures: Sequence[str] = FIGURES) -> list[Compared]:
    """The first run, and every other beside it.

    Args:
        runs: predictions by name, two or more.
        figures: names of figures.

    Raises:
        MammoError: fewer than two runs, or what :func:`mammo_monai.evaluation.paired.differences` refuses.
    """
    if len(runs) < 2:
        raise MammoError("compare: expected two runs or more, named differently", "usage")
    (first, baseline), *others = runs.items()
    found = differences(baseline, dict(others), figures)
    total = comparisons(len(runs), len(figures))
    made = [Compared(first, estimates(baseline, figures))]
    for name, run in others:
        beyond = {figure: survives(estimate, total) for figure, estimate in found[name].items()}
        made.append(Compared(name, estimates(run, figures), found[name], beyond))
    return made


def comparisons(runs: int, figures: int) -> int:
    """How many differences are taken."""
    return (runs - 1) * figures


def short_names(runs: Sequence[str]) -> list[str]:
    """Paths without what all begin with, and without the table's own name; an id as it is."""
    paths = [run.removesuffix("predictions.csv").rstrip("/") for run in runs]
    try:
        start = commonpath(paths)
    except ValueError:  # absolute ones among relative ones
        start = ""
    shown = [path.removeprefix(start).strip("/") for path in paths]
    return [name or path.rpartition("/")[2] for name, path in zip(shown, paths, strict=True)]
