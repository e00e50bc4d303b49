"""The whole study: tables in, everything there is to print out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mammo_monai.datasets import labels as maps
from mammo_monai.errors import MammoError
from mammo_monai.evaluation import metrics
from mammo_monai.evaluation.estimate import Estimate
from mammo_monai.evaluation.intervals.bootstrap import REPLICATES
from mammo_monai.reader_study.agreement import agreement
from mammo_monai.reader_study.calls import Threshold, called, decision_of, threshold_of
from mammo_monai.reader_study.cases import MODEL, Cases, joined
from mammo_monai.reader_study.classes import Classes
from mammo_monai.reader_study.committees import Committee, committees
from mammo_monai.reader_study.figures import Rater, Result, differences, estimates
from mammo_monai.reader_study.mcnemar import McNemar, exact_tests
from mammo_monai.reader_study.tables import class_names, read_predictions, read_said, read_truth
from mammo_monai.readings.kappa import Kappa


@dataclass(frozen=True)
class Options:
    """How a study is made.

    Attributes:
        case: column of the predictions that names a case; "" for the truth's name of it.
        category: column of truth and readings; "" finds it.
        reader: column that names the reader.
        labels: label map from categories to classes; "" where the tables name classes.
        committee: readers who make the committees; () for all.
        arbiter: reader who decides where the others of the committee differ.
        cases: "common" or "own", see :func:`~mammo_monai.reader_study.cases.joined`.
        threshold: (class, probability from which it is called), chosen on validation; None calls the most probable.
        weights: of the model, whose ``decision.json`` has temperature and operating points; None without.
        point: name of one of those of the level, in place of a threshold.
        level: pool the predictions to this level first; "" for one row per case.
        rule: how they are pooled; "" for :data:`mammo_monai.evaluation.levels.RULES`.
        order: of suspicion, for pooling.
        replicates: of the bootstrap.
        seed: of the bootstrap.
    """

    case: str = ""
    category: str = ""
    reader: str = "reader"
    labels: str = ""
    committee: Sequence[str] = ()
    arbiter: str = ""
    cases: str = "common"
    threshold: Threshold | None = None
    weights: Path | None = None
    point: str = ""
    level: str = ""
    rule: str = ""
    order: Sequence[str] = ()
    replicates: int = REPLICATES
    seed: int = 0


@dataclass(frozen=True)
class Difference:
    """The model less another rater, or less the mean of the readers.

    Attributes:
        against: whose figures are subtracted.
        figures: differences by the figure's name.
        tests: McNemar's by the figure's name; there is none against a mean.
    """

    against: str
    figures: dict[str, Estimate]
    tests: dict[str, McNemar]


@dataclass(frozen=True)
class Study:
    """Everything there is to print.

    Attributes:
        cases: those that are judged, and what was left out.
        threshold: of the class that the model calls first; None where it calls the most probable.
        notes: on the predictions, by code.
        results: of each reader, their mean, the committees and the model.
        auc: the model's areas on these cases.
        committees: how their cases were decided.
        differences: from the model to everybody else.
        kappas: of the readers.
        repeated: readings that stand in the table more than once.
    """

    cases: Cases
    threshold: Threshold | None
    notes: dict[str, int]
    results: list[Result]
    auc: dict[str, Estimate]
    committees: list[Committee]
    differences: list[Difference]
    kappas: list[Kappa]
    repeated: int


def conduct(truth: Path, readers: Path, model: Path, options: Options) -> Study:
    """Join the tables and compare.

    Raises:
        MammoError: a table is unreadable or lacks something, an option names nothing, or nothing can be judged.
    """
    classes = Classes(class_names(model), maps.load(options.labels) if options.labels else None)
    known = read_truth(truth, classes, options.case, options.category)
    said = read_said(readers, classes, options.case, options.category, options.reader)
    _check(readers, said.table.readers, options)
    decision = decision_of(options.weights, classes.names) if options.weights else None
    scored, rows, notes = read_predictions(
        model, known, classes, options.case, temperature=decision.temperature if decision else None,
        level=options.level, rule=options.rule, order=options.order,
    )  # fmt: skip
    threshold = threshold_of(decision, options.point, options.level) if decision else options.threshold
    cases = joined(known, rows, scored, said.calls, options.cases, options.arbiter)

    first = [Rater(name, "reader", calls) for name, calls in cases.calls.items() if name != options.arbiter]
    members = {*(options.committee or cases.calls), options.arbiter}
    found = committees({name: calls for name, calls in cases.calls.items() if name in members}, options.arbiter)
    boards = [Rater(board.name, "committee", board.calls) for board in found]
    machine = Rater(MODEL, "model", called(cases.model, threshold))
    draws = (cases.model, options.replicates, options.seed)

    results = [Result(rater.name, rater.kind, estimates([rater], *draws)) for rater in (*first, *boards, machine)]
    compared = [
        Difference(rater.name, differences(machine, [rater], *draws), exact_tests(machine, rater, cases.model))
        for rater in (*first, *boards)
    ]
    if len(first) > 1:
        name = f"mean of {len(first)} readers"
        results.insert(len(first), Result(name, "mean", estimates(first, *draws)))
        compared.insert(len(first), Difference(name, differences(machine, first, *draws), {}))
    areas = [f"auc_{name}" for name in classes.names] + ["macro_auc"]
    return Study(
        cases,
        threshold,
        notes,
        results,
        metrics.estimates(cases.model, areas, options.replicates, options.seed),
        found,
        compared,
        agreement(said, cases, options.arbiter, seed=options.seed),
        said.table.repeated,
    )


def _check(path: Path, readers: Sequence[str], options: Options) -> None:
    if MODEL in readers:
        raise MammoError(f"{path}: a reader is called {MODEL!r}, as the model is; rename the reader", "bad-value")
    if bool(options.weights) != bool(options.point) or (options.weights and (options.threshold or options.rule)):
        raise MammoError(
            "options --weights and --point: give both, and neither --threshold nor --rule, which are the decision's",
            "usage",
        )
    if list(readers) == [options.arbiter]:
        raise MammoError(
            f"{path}: {options.arbiter!r} is the only reader and has nobody to arbitrate", "missing-reader"
        )
    for name in (*options.committee, *filter(None, [options.arbiter])):
        if name not in readers:
            raise MammoError(
                f"{path}: no reader {name!r}; its readers are {', '.join(readers)}", reason="missing-reader"
            )
